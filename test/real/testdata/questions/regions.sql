SELECT coalesce(region, 'none'), count(*)
FROM "order" JOIN customer USING (customerID)
WHERE shipCountry <> 'USA'
GROUP BY 1;
