package main

import "context"

// workload is facts and questions about them.
type workload struct {
	name     string
	attrs    []attr
	entities []entity
	queries  []query
}

// attr is an attribute. Its kind is "long", "string", "keyword" or "ref".
type attr struct {
	name   string // without a colon
	kind   string
	many   bool
	unique bool
}

// entity is an id and its facts, in the order in which they were drawn.
type entity struct {
	id    int64
	facts []fact
}

// fact is a value of one of the workload's attributes: an int64, or a string, which of a keyword has no colon.
type fact struct {
	attr  int
	value any
}

// query is a question in EDN with its arguments, which are EDN too; ":db" is the database.
type query struct {
	id   string
	text string
	args []string
}

// an engine answers questions about one workload at a time.
type engine interface {
	load(ctx context.Context, w *workload) error
	// prepare readies a query. An error says why the engine cannot answer it.
	prepare(ctx context.Context, q query) (prepared, error)
	close()
}

// prepared is a query that is ready to be run again and again.
type prepared interface {
	// count runs the query, reads all of the answer, and returns how many rows it has.
	count(ctx context.Context) (int, error)
	// rows runs the query and returns each row as the text of an EDN vector: [1 "Ivan" :male]. A scalar is a row of one.
	rows(ctx context.Context) ([]string, error)
}
