SELECT e.lastName, m.lastName, count(*)
FROM employee e JOIN employee m ON e.reportsTo = m.employeeID JOIN employee peer ON peer.reportsTo = m.employeeID
GROUP BY 1, 2;
