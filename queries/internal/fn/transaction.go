package fn

import (
	"fmt"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// transactionFuncs go between the number of a transaction and its entity.
var transactionFuncs = []Func{
	{Name: "tx->t", Min: 1, Max: 1, Call: txToT},
	{Name: "t->tx", Min: 1, Max: 1, Call: tToTx},
}

func txToT(_ *Env, args []edn.Value) (edn.Value, error) {
	first := int64(engine.TxID(0))
	if v := args[0]; v.Kind() == edn.Int && v.Int() >= first {
		return edn.MakeInt(v.Int() - first), nil
	}
	return edn.Value{}, fmt.Errorf("%v is no transaction", args[0])
}

func tToTx(_ *Env, args []edn.Value) (edn.Value, error) {
	if v := args[0]; v.Kind() == edn.Int && v.Int() >= 0 && v.Int() < int64(engine.TxID(0)) {
		return edn.MakeInt(int64(engine.TxID(uint64(v.Int())))), nil
	}
	return edn.Value{}, fmt.Errorf("%v is no t, the number of a transaction", args[0])
}
