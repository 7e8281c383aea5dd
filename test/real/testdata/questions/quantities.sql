SELECT min(quantity), max(quantity), sum(quantity), count(DISTINCT quantity) FROM line;
