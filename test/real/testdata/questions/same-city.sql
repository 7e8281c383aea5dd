SELECT s.city, c.companyName, s.companyName, count(DISTINCT orderID)
FROM supplier s JOIN product USING (supplierID) JOIN line USING (productID)
  JOIN "order" USING (orderID) JOIN customer c USING (customerID)
WHERE c.city = s.city
GROUP BY 1, 2, 3;
