SELECT lastName, count(*) FROM "order" JOIN employee USING (employeeID) WHERE shippedDate > requiredDate GROUP BY 1;
