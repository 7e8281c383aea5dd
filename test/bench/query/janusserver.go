package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/wbrown/janus-datalog/datalog"
	"github.com/wbrown/janus-datalog/datalog/executor"
	"github.com/wbrown/janus-datalog/datalog/parser"
	janusql "github.com/wbrown/janus-datalog/datalog/query"
)

// janusVariable is set in the environment of a process that is to be janus-datalog alone.
const janusVariable = "DHFS_BENCH_JANUS"

// janusServer answers queries over the facts that it was given.
type janusServer struct {
	attrs    []janusAttr
	kinds    map[string]string
	entities map[int64]datalog.Identity
	datoms   []datalog.Datom
	engine   *executor.Executor
}

// serveJanus answers what is asked on stdin until there is no more. janus-datalog may print what it thinks of its own
// state, which must not get among the answers.
func serveJanus() error {
	out := os.Stdout
	os.Stdout = os.Stderr
	go watchMemory()
	s := &janusServer{kinds: map[string]string{}, entities: map[int64]datalog.Identity{}}
	requests, replies := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(out)
	for {
		var request janusRequest
		if err := requests.Decode(&request); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		reply, err := s.answer(request)
		if err != nil {
			reply = janusReply{Error: err.Error()}
		}
		if err := replies.Encode(reply); err != nil {
			return err
		}
	}
}

func (s *janusServer) answer(request janusRequest) (janusReply, error) {
	for _, a := range request.Attrs {
		s.attrs = append(s.attrs, a)
		s.kinds[":"+a.Name] = a.Kind
	}
	for _, f := range request.Facts {
		a := s.attrs[f.Attr]
		s.datoms = append(s.datoms, datalog.Datom{E: s.entity(f.Entity), A: datalog.NewKeyword(":" + a.Name), V: s.value(a, f)})
	}
	if request.Query == "" {
		return janusReply{}, nil
	}
	if s.engine == nil {
		s.engine = executor.NewExecutor(janusMatcher{executor.NewIndexedMemoryMatcher(s.datoms)})
	}
	q, err := s.parse(request.Query)
	if err != nil {
		return janusReply{}, err
	}
	switch request.Mode {
	case "rows":
		rows, err := s.rows(q, request.Columns)
		return janusReply{Rows: rows}, err
	case "count":
		n, err := s.count(q)
		return janusReply{N: n}, err
	case "time":
		runs := 0
		took, err := median(request.AtLeast, func() error {
			runs++
			_, err := s.count(q)
			return err
		})
		return janusReply{N: runs, Median: took}, err
	}
	return janusReply{}, fmt.Errorf("mode %s", request.Mode)
}

// entity is the identity of an entity's number. Its hash is written out here, once, not in each copy that is asked.
func (s *janusServer) entity(n int64) datalog.Identity {
	id, ok := s.entities[n]
	if !ok {
		id = datalog.NewIdentity(strconv.FormatInt(n, 10))
		id.L85()
		s.entities[n] = id
	}
	return id
}

func (s *janusServer) value(a janusAttr, f janusFact) datalog.Value {
	switch a.Kind {
	case "ref":
		return s.entity(f.Number)
	case "long":
		return f.Number
	case "keyword":
		return datalog.NewKeyword(":" + f.Text)
	}
	return f.Text
}

// parse reads a query and makes identities of the numbers in it that are entities.
func (s *janusServer) parse(text string) (*janusql.Query, error) {
	q, err := parser.ParseQuery(text)
	if err != nil {
		return nil, err
	}
	for _, clause := range q.Where {
		pattern, ok := clause.(*janusql.DataPattern)
		if !ok {
			continue
		}
		s.identify(&pattern.Elements[0])
		if s.kinds[pattern.Elements[1].String()] == "ref" {
			s.identify(&pattern.Elements[2])
		}
	}
	return q, nil
}

func (s *janusServer) identify(element *janusql.PatternElement) {
	if c, ok := (*element).(janusql.Constant); ok {
		if n, ok := c.Value.(int64); ok {
			*element = janusql.Constant{Value: s.entity(n)}
		}
	}
}

func (s *janusServer) run(q *janusql.Query, visit func(executor.Tuple)) error {
	relation, err := s.engine.Execute(q)
	if err != nil || relation == nil {
		return err
	}
	it := relation.Iterator()
	for it.Next() {
		visit(it.Tuple())
	}
	return it.Close()
}

func (s *janusServer) count(q *janusql.Query) (int, error) {
	n := 0
	err := s.run(q, func(executor.Tuple) { n++ })
	return n, err
}

func (s *janusServer) rows(q *janusql.Query, columns int) ([]string, error) {
	var rows []string
	err := s.run(q, func(t executor.Tuple) {
		texts := make([]string, columns)
		for i, v := range t[:columns] {
			texts[i] = janusValue(v)
		}
		rows = append(rows, "["+strings.Join(texts, " ")+"]")
	})
	return rows, err
}

// janusValue writes a value as EDN. Sums of many integers are floats.
func janusValue(v any) string {
	switch v := v.(type) {
	case string:
		return ednString(v)
	case float64:
		if n := int64(v); float64(n) == v {
			return strconv.FormatInt(n, 10)
		}
	case nil:
		return "nil"
	}
	return fmt.Sprint(v)
}
