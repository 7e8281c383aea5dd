SELECT country, count(*) FROM customer WHERE region IS NULL GROUP BY 1;
