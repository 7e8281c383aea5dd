package engine

import "github.com/dhfs/dhfs/engine/edn"

// readDatom takes a raw datom. Its t only informs: what is added or retracted belongs to this transaction.
func (x *tx) readDatom(f edn.Value, items []edn.Value) error {
	if items[4].Bool() {
		return x.readAdd(f, items[:3])
	}
	return x.readRetract(f, items[:3])
}

func (x *tx) readAdd(f edn.Value, args []edn.Value) error {
	if x.skips(args[1]) {
		return nil
	}
	if args[1].Is(":db/ensure") {
		e, err := x.entity(args[0])
		if err != nil {
			return err
		}
		return x.readGuard(e, args[2])
	}
	o, err := x.readOp(f, args)
	if err != nil {
		return err
	}
	x.do(o)
	return nil
}

// readOp reads entity, attribute and value of an add.
func (x *tx) readOp(f edn.Value, args []edn.Value) (o act, err error) {
	o.pos = f.Pos()
	if o.e, err = x.entity(args[0]); err != nil {
		return o, err
	}
	if o.a, err = x.attr(args[1]); err != nil {
		return o, err
	}
	o.v, err = x.value(o.a, args[2])
	return o, err
}

func (x *tx) readRetract(f edn.Value, args []edn.Value) (err error) {
	if x.skips(args[1]) {
		return nil
	}
	o := act{pos: f.Pos(), do: wipeAll}
	if o.e, err = x.entity(args[0]); err != nil {
		return err
	}
	if o.a, err = x.known(args[1]); err != nil || o.a == nil {
		return err
	}
	if len(args) > 2 && !args[2].IsNil() {
		o.do = retract
		if o.v, err = x.value(o.a, args[2]); err != nil {
			return err
		}
	}
	x.do(o)
	return nil
}

func (x *tx) readSwap(f edn.Value, args []edn.Value) error {
	if x.skips(args[1]) {
		return nil
	}
	o, err := x.readOp(f, []edn.Value{args[0], args[1], args[3]})
	if err != nil {
		return err
	}
	s := swap{e: o.e, a: o.a, pos: o.pos}
	if !args[2].IsNil() {
		if s.old, err = x.value(o.a, args[2]); err != nil {
			return err
		}
	}
	x.swaps = append(x.swaps, s)
	x.do(o)
	return nil
}

func (x *tx) readRemoval(f edn.Value, args []edn.Value) error {
	if x.schemaOnly {
		return nil
	}
	e, err := x.entity(args[0])
	if err == nil {
		x.removals = append(x.removals, removal{e: e, pos: f.Pos(), seq: x.seq})
	}
	return err
}

// readWipe retracts an attribute of an entity and the parts that it refers to.
func (x *tx) readWipe(f edn.Value, args []edn.Value) error {
	if x.skips(args[1]) {
		return nil
	}
	a, err := x.known(args[1])
	if err != nil || a == nil {
		return err
	}
	e, err := x.entity(args[0])
	if err != nil {
		return err
	}
	x.do(act{e: e, a: a, pos: f.Pos(), do: wipeAll})
	if a.Component {
		x.removals = append(x.removals, removal{e: e, parts: a, pos: f.Pos(), seq: x.seq})
	}
	return nil
}

// purged skips a form that purges: what it says was done before all else.
func (x *tx) purged(edn.Value, []edn.Value) error { return nil }
