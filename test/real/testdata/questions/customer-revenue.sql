SELECT country, companyName, sum(unitPrice * quantity * (1 - discount))
FROM customer JOIN "order" USING (customerID) JOIN line USING (orderID)
WHERE country IN ('Germany', 'France', 'UK')
GROUP BY 1, 2;
