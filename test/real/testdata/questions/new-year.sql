SELECT orderID, orderDate
FROM "order" JOIN customer USING (customerID) JOIN employee USING (employeeID)
WHERE orderDate >= '1997-12-24' AND orderDate < '1998-01-05' AND (customer.country = 'USA' OR lastName = 'Fuller');
