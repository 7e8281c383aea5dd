UPDATE customer SET city = 'Potsdam' WHERE customerID = 'ALFKI';
UPDATE customer SET country = 'Germany' WHERE customerID = 'ANATR';
UPDATE customer SET phone = NULL WHERE customerID = 'ANTON';
UPDATE product SET unitPrice = 20.5, productName = 'Chai Latte' WHERE productID = 1;
DELETE FROM "order" WHERE orderID = 10248;
UPDATE line SET orderID = NULL WHERE orderID = 10248;
INSERT INTO "order" (orderID, customerID, employeeID, orderDate, freight) VALUES (99999, 'PARIS', 2, '1998-01-02 00:00:00.000', 1.25);
INSERT INTO line (orderID, productID, quantity, unitPrice, discount) VALUES (99999, 1, 3, 20.5, 0.0);
