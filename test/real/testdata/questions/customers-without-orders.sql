SELECT customerID, companyName FROM customer WHERE customerID NOT IN (SELECT customerID FROM "order");
