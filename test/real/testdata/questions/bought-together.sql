SELECT p.productName, q.productName, count(*) AS n
FROM line x JOIN line y ON x.orderID = y.orderID AND x.productID < y.productID
  JOIN product p ON p.productID = x.productID JOIN product q ON q.productID = y.productID
GROUP BY 1, 2
HAVING n >= 6;
