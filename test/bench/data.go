//go:build unix

package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
)

var (
	firstNames = []string{"Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jana", "Kai", "Lea", "Max", "Nora", "Otto", "Pia"}
	lastNames  = []string{"Adler", "Brandt", "Conti", "Dietz", "Egger", "Falk", "Gomez", "Hauser", "Ilic", "Jansen", "Keller", "Lindt", "Moser", "Novak", "Olsen", "Petri"}
)

// writePeople writes n rows of id, name, last-name, age and salary.
func writePeople(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(7, 20))
	fmt.Fprintln(w, "id,name,last-name,age,salary")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(w, "%d,%s,%s,%d,%d\n", i, pick(r, firstNames), pick(r, lastNames), 1+r.IntN(100), r.IntN(100_000))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }
