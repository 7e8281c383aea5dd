SELECT 'order', orderID FROM then_order WHERE orderID NOT IN (SELECT orderID FROM "order")
UNION
SELECT 'phone', customerID
FROM then_customer old JOIN customer new USING (customerID)
WHERE old.phone IS NOT NULL AND new.phone IS NULL;
