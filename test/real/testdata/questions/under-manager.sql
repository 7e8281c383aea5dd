WITH RECURSIVE under (e, m) AS (
  SELECT employeeID, reportsTo FROM employee WHERE reportsTo IS NOT NULL
  UNION SELECT e, reportsTo FROM under JOIN employee ON employeeID = m WHERE reportsTo IS NOT NULL)
SELECT lastName, substr(orderDate, 1, 4), count(*)
FROM under JOIN employee ON employee.employeeID = m JOIN "order" ON "order".employeeID = e
GROUP BY 1, 2;
