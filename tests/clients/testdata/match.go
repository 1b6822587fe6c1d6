// Prints which texts a pattern matches: go run match.go FILE, where FILE is {"pattern": "...",
// "texts": [...]}.
package main

import (
	"encoding/json"
	"os"
	"regexp"
)

func main() {
	content, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var question struct {
		Pattern string
		Texts   []string
	}
	if err := json.Unmarshal(content, &question); err != nil {
		panic(err)
	}
	rule := regexp.MustCompile(question.Pattern)
	matches := []bool{}
	for _, text := range question.Texts {
		matches = append(matches, rule.MatchString(text))
	}
	if err := json.NewEncoder(os.Stdout).Encode(matches); err != nil {
		panic(err)
	}
}
