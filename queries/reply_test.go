package queries_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/queries"
)

// reply is what comes of a query: a result or an error.
type reply struct {
	result *queries.Result
	err    error
}

// evaluate is queries.Run or queries.RunNaive.
type evaluate func(context.Context, *queries.Query, []queries.Input, queries.Limits) (*queries.Result, error)

// replyTo asks text of inputs.
func replyTo(eval evaluate, text string, inputs []queries.Input, l queries.Limits) reply {
	q, err := queries.Parse(text)
	if err != nil {
		return reply{err: err}
	}
	r, err := eval(context.Background(), q, inputs, l)
	return reply{r, err}
}

// same tells whether two replies have the same value, or errors of the same code.
func (r reply) same(other reply) bool {
	if r.err != nil || other.err != nil {
		return r.code() != "" && r.code() == other.code()
	}
	return value(r.result) == value(other.result)
}

func (r reply) code() string { return code(r.err) }

func (r reply) String() string {
	if r.err != nil {
		return "the error " + r.err.Error()
	}
	return value(r.result)
}

func code(err error) string {
	var e *queries.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func value(r *queries.Result) string {
	if r == nil {
		return ""
	}
	return r.Value().String()
}

func plan(r *queries.Result) string {
	if r == nil {
		return ""
	}
	return fmt.Sprint(r.Stats.Plan)
}
