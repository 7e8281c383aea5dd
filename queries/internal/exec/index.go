package exec

// index finds rows of columns by the values that they have there: a hash table
// with open addressing whose slots are the first rows of their values, and a
// chain from each row to the next one with the same values.
type index struct {
	cols  [][]term
	slots []int32 // row+1, 0 for an empty slot
	next  []int32 // the row after this one in its chain, -1 at the end
	mask  uint64
	used  int
	check func() error
}

// newIndex makes an empty index for about n rows of columns that may still grow.
func (r *run) newIndex(cols [][]term, n int) *index {
	size := 16
	for size < 2*n {
		size *= 2
	}
	if r.guard.Ready(int64(4*(size+n))) != nil {
		size, n = 16, 0 // the step ends with an error
	}
	return &index{cols: cols, slots: make([]int32, size), next: make([]int32, 0, n), mask: uint64(size - 1), check: r.guard.Check}
}

// indexOf indexes all n rows, or some when time is up: the step ends with an error then.
func (r *run) indexOf(cols [][]term, n int) *index {
	ix := r.newIndex(cols, n)
	r.fill(ix, n)
	return ix
}

// fill adds the rows up to n that an index does not have yet, or some when time is up.
func (r *run) fill(ix *index, n int) {
	for row := len(ix.next); row < n; row++ {
		if row%checkEvery == 0 && r.guard.Check() != nil {
			return
		}
		ix.add(int32(row))
	}
}

func mix(h uint64, t term) uint64 {
	h = (h ^ uint64(t)) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

func (ix *index) hashRow(row int32) (h uint64) {
	for _, col := range ix.cols {
		h = mix(h, col[row])
	}
	return h
}

// add indexes the next row and tells whether its values are new. Rows must be added in order.
func (ix *index) add(row int32) bool {
	if 2*ix.used >= len(ix.slots) {
		ix.grow()
	}
	slot := ix.hashRow(row) & ix.mask
	for ; ix.slots[slot] != 0; slot = (slot + 1) & ix.mask {
		if head := ix.slots[slot] - 1; ix.equal(head, row) {
			ix.next = append(ix.next, ix.next[head])
			ix.next[head] = row
			return false
		}
	}
	ix.slots[slot] = row + 1
	ix.used++
	ix.next = append(ix.next, -1)
	return true
}

func (ix *index) equal(a, b int32) bool {
	for _, col := range ix.cols {
		if col[a] != col[b] {
			return false
		}
	}
	return true
}

func (ix *index) grow() {
	old := ix.slots
	ix.slots = make([]int32, 2*len(old))
	ix.mask = uint64(len(ix.slots) - 1)
	for i, head := range old {
		if i%stretch == 0 && ix.check() != nil {
			return // without the others: the step ends with an error
		}
		if head == 0 {
			continue
		}
		slot := ix.hashRow(head-1) & ix.mask
		for ix.slots[slot] != 0 {
			slot = (slot + 1) & ix.mask
		}
		ix.slots[slot] = head
	}
}

// find is the first row with these values, -1 for none; next leads to the others.
func (ix *index) find(key []term) int32 {
	var h uint64
	for _, t := range key {
		h = mix(h, t)
	}
	for slot := h & ix.mask; ix.slots[slot] != 0; slot = (slot + 1) & ix.mask {
		if row := ix.slots[slot] - 1; ix.matches(row, key) {
			return row
		}
	}
	return -1
}

func (ix *index) matches(row int32, key []term) bool {
	for i, col := range ix.cols {
		if col[row] != key[i] {
			return false
		}
	}
	return true
}
