SELECT shipVia, count(*), sum(freight), min(freight), max(freight), avg(freight), count(DISTINCT customerID)
FROM "order"
WHERE shipVia IS NOT NULL
GROUP BY 1;
