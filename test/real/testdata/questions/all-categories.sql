SELECT customerID
FROM "order" JOIN line USING (orderID) JOIN product USING (productID)
GROUP BY 1
HAVING count(DISTINCT categoryID) = (SELECT count(*) FROM category);
