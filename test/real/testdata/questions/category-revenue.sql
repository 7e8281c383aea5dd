SELECT categoryName, sum(line.unitPrice * quantity * (1 - discount)), count(*)
FROM line JOIN product USING (productID) JOIN category USING (categoryID)
GROUP BY 1;
