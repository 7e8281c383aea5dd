package main

import (
	"math"
	"math/bits"
)

// random draws the numbers that Python's random.Random draws for the same seed: the workloads, and
// the answers to expect of them, are those of a generator written in Python. It is the
// Mersenne Twister of Matsumoto and Nishimura (MT19937) with their seeding by an array of one number.
type random struct {
	state [624]uint32
	at    int
	spare float64 // the second of two normal numbers
	has   bool
}

func newRandom(seed uint32) *random {
	r := &random{at: 624}
	r.fill(19650218)
	i := 1
	for range 624 {
		r.state[i] = (r.state[i] ^ (r.state[i-1]^r.state[i-1]>>30)*1664525) + seed
		i = r.next(i)
	}
	for range 623 {
		r.state[i] = (r.state[i] ^ (r.state[i-1]^r.state[i-1]>>30)*1566083941) - uint32(i)
		i = r.next(i)
	}
	r.state[0] = 1 << 31
	return r
}

func (r *random) fill(seed uint32) {
	r.state[0] = seed
	for i := 1; i < 624; i++ {
		r.state[i] = 1812433253*(r.state[i-1]^r.state[i-1]>>30) + uint32(i)
	}
}

// next is the place after i while seeding, which goes round without the first.
func (r *random) next(i int) int {
	if i++; i == 624 {
		r.state[0] = r.state[623]
		return 1
	}
	return i
}

func (r *random) uint32() uint32 {
	if r.at == 624 {
		for i := range r.state {
			y := r.state[i]&(1<<31) | r.state[(i+1)%624]&(1<<31-1)
			r.state[i] = r.state[(i+397)%624] ^ y>>1 ^ y&1*0x9908b0df
		}
		r.at = 0
	}
	y := r.state[r.at]
	r.at++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// float is in [0, 1), with 53 bits.
func (r *random) float() float64 {
	a, b := r.uint32()>>5, r.uint32()>>6
	return (float64(a)*(1<<26) + float64(b)) / (1 << 53)
}

// below is in [0, n), n less than 2^32: as many bits as n has, drawn until they are less.
func (r *random) below(n int) int {
	k := bits.Len(uint(n))
	for {
		if x := int(r.uint32() >> (32 - k)); x < n {
			return x
		}
	}
}

// between is in [low, high].
func (r *random) between(low, high int) int { return low + r.below(high-low+1) }

func pick[T any](r *random, list []T) T { return list[r.below(len(list))] }

func shuffle[T any](r *random, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := r.below(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}

// normal is by the method of Box and Muller.
func (r *random) normal(mean, deviation float64) float64 {
	z := r.spare
	if !r.has {
		angle := r.float() * 2 * math.Pi
		length := math.Sqrt(-2 * math.Log(1-r.float()))
		z, r.spare = math.Cos(angle)*length, math.Sin(angle)*length
	}
	r.has = !r.has
	return mean + z*deviation
}

func (r *random) exponential(rate float64) float64 { return -math.Log(1-r.float()) / rate }

func (r *random) pareto(shape float64) float64 { return math.Pow(1-r.float(), -1/shape) }

func (r *random) beta(a, b float64) float64 {
	x := r.gamma(a)
	return x / (x + r.gamma(b))
}

// gamma is for shapes above 1, by the method of Cheng.
func (r *random) gamma(shape float64) float64 {
	root := math.Sqrt(2*shape - 1)
	b, c := shape-math.Log(4), shape+root
	for {
		u := r.float()
		if u <= 1e-7 || u >= 0.9999999 {
			continue
		}
		w := 1 - r.float()
		v := math.Log(u/(1-u)) / root
		x := shape * math.Exp(v)
		z := u * u * w
		if s := b + c*v - x; s+1+math.Log(4.5)-4.5*z >= 0 || s >= math.Log(z) {
			return x
		}
	}
}

// zipf draws ranks below n, of which rank i has the weight 1/(i+1)^s.
func (r *random) zipf(n int, s float64) func() int {
	sums := make([]float64, n)
	sum := 0.0
	for i := range sums {
		sum += 1 / math.Pow(float64(i+1), s)
		sums[i] = sum
	}
	return func() int {
		x := r.float() * sum
		low, high := 0, n
		for low < high {
			if mid := (low + high) / 2; sums[mid] < x {
				low = mid + 1
			} else {
				high = mid
			}
		}
		return low
	}
}
