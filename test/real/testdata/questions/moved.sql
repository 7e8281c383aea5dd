SELECT customerID, old.city, new.city
FROM then_customer old JOIN customer new USING (customerID)
WHERE old.city <> new.city;
