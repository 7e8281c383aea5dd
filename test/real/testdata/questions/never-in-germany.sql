SELECT productName FROM product WHERE productID NOT IN (
  SELECT productID FROM line JOIN "order" USING (orderID) JOIN customer USING (customerID) WHERE country = 'Germany');
