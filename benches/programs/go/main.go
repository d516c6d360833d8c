// Work for Go's run-time: goroutines, channels, timers, maps, a collected heap, a panic that is caught, files.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

type word struct {
	Text  string `json:"text"`
	Count int    `json:"count"`
}

func squares(count int) []int {
	var group sync.WaitGroup
	results := make(chan int, count)
	for i := range count {
		group.Add(1)
		go func() {
			defer group.Done()
			time.Sleep(time.Duration(count-i) * time.Millisecond)
			results <- i * i
		}()
	}
	group.Wait()
	close(results)
	var all []int
	for result := range results {
		all = append(all, result)
	}
	sort.Ints(all)
	return all
}

func words(path string) ([]word, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	counts := map[string]int{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		for _, text := range strings.FieldsFunc(lines.Text(), func(r rune) bool { return r < 'a' || r > 'z' }) {
			counts[text]++
		}
	}
	var all []word
	for text, count := range counts {
		all = append(all, word{text, count})
	}
	sort.Slice(all, func(a, b int) bool {
		return all[a].Count > all[b].Count || all[a].Count == all[b].Count && all[a].Text < all[b].Text
	})
	return all[:20], nil
}

func sum(depth int) (total [32]byte) {
	for i := range depth {
		garbage := make([]byte, 1<<12)
		copy(garbage, total[:])
		garbage[len(garbage)-1] = byte(i)
		total = sha256.Sum256(garbage)
	}
	return total
}

func caught() (message string) {
	defer func() { message = fmt.Sprint(recover()) }()
	var nothing *word
	return nothing.Text
}

func main() {
	fmt.Println(squares(20))
	found, err := words(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(found)
	fmt.Printf("%x\n", sum(20000))
	fmt.Println(caught())
}
