SELECT country, count(*) FROM "order" JOIN customer USING (customerID) WHERE shippedDate IS NULL GROUP BY 1;
