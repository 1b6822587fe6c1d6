package linearizability

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	timePerSubject = time.Minute // for one user or handle; a history that takes longer is undecided
	timeToDraw     = 20 * time.Second
	maxDrawn       = 3
)

// Verdict is Porcupine's result for all histories.
type Verdict struct {
	Users, Handles int
	Longest        int // number of operations in the longest history
	Overlapping    int // operations that began before an earlier one on the same user or handle had returned
	Faults         []string
	IllegalUsers   []string
	IllegalHandles []string
	Undecided      []string
	Took           time.Duration
}

func (v Verdict) good() bool {
	return len(v.Faults)+len(v.IllegalUsers)+len(v.IllegalHandles)+len(v.Undecided) == 0
}

type part struct {
	name    string
	model   porcupine.Model
	history []porcupine.Operation
	result  porcupine.CheckResult
}

func parts(model porcupine.Model, histories map[string][]porcupine.Operation) []*part {
	var all []*part
	for name, history := range histories {
		all = append(all, &part{name: name, model: model, history: history})
	}
	sort.Slice(all, func(a, b int) bool { return all[a].name < all[b].name })
	return all
}

// Check checks the history of each user and each handle with Porcupine. It draws illegal
// histories to HTML files in `drawings`.
func Check(attempts []Attempt, drawings string) Verdict {
	began := time.Now()
	users := parts(userModel(repeatedKeys(attempts)), userHistories(attempts))
	handles := parts(handleModel(), handleHistories(attempts))
	verdict := Verdict{Users: len(users), Handles: len(handles), Faults: directFaults(attempts)}

	all := append(append([]*part{}, users...), handles...)
	work := make(chan *part, len(all))
	for _, one := range all {
		work <- one
		verdict.Overlapping += one.overlapping()
		if len(one.history) > verdict.Longest {
			verdict.Longest = len(one.history)
		}
	}
	close(work)
	var workers sync.WaitGroup
	for n := 0; n < runtime.NumCPU(); n++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for one := range work {
				one.result = porcupine.CheckOperationsTimeout(one.model, one.history, timePerSubject)
			}
		}()
	}
	workers.Wait()
	drawn := 0
	collect := func(parts []*part, illegal *[]string) {
		for _, one := range parts {
			switch one.result {
			case porcupine.Illegal:
				name := one.name
				if drawn++; drawn <= maxDrawn {
					name = one.draw(drawings)
				}
				*illegal = append(*illegal, name)
			case porcupine.Unknown:
				verdict.Undecided = append(verdict.Undecided, fmt.Sprintf("%s (%d operations)", one.name, len(one.history)))
			}
		}
	}
	collect(users, &verdict.IllegalUsers)
	collect(handles, &verdict.IllegalHandles)
	verdict.Took = time.Since(began)
	return verdict
}

func (p *part) overlapping() int {
	sort.Slice(p.history, func(a, b int) bool { return p.history[a].Call < p.history[b].Call })
	count, busyUntil := 0, int64(-1)
	for _, operation := range p.history {
		if operation.Call <= busyUntil {
			count++
		}
		if operation.Return > busyUntil && !operation.Output.(Response).unknown() {
			busyUntil = operation.Return
		}
	}
	return count
}

// draw returns the path of the picture, or the reason why there is none.
func (p *part) draw(folder string) string {
	_, info := porcupine.CheckOperationsVerbose(p.model, p.history, timeToDraw)
	file := filepath.Join(folder, p.name+".html")
	err := os.MkdirAll(folder, 0o755)
	if err == nil {
		err = porcupine.VisualizePath(p.model, info, file)
	}
	if err != nil {
		return fmt.Sprintf("%s (%v)", p.name, err)
	}
	return file
}
