# One shell in the mount's directory answers one question after the other. $HOME/asked is a file for each question.
dhfs import -q northwind categories.csv --as category
dhfs import -q northwind suppliers.csv --as supplier --mend
dhfs import -q northwind products.csv --as product --ref supplierID=supplier --ref categoryID=category
dhfs import -q northwind employees.csv --as employee --ref reportsTo=employee
dhfs import -q northwind customers.csv --as customer
dhfs import -q northwind orders.csv --as order --mend --ref customerID=customer --ref employeeID=employee
dhfs import -q northwind order-details.csv --as line --ref orderID=order --ref productID=product
dhfs tx northwind -f changes.edn >/dev/null
dhfs mount northwind mnt --daemon
cd mnt
cat README.md
. "$HOME/asked.sh"
