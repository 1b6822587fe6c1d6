// Package linearizability runs concurrent clients against the real usersd, kills it in between, and
// checks with Porcupine that the responses can be explained by a sequence of single operations, for
// each user and for each handle.
package linearizability

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"testing"
	"time"
)

var (
	seed       = flag.Int64("seed", 0, "seed of the first run; 0: a new one")
	runs       = flag.Int("runs", 1, "number of runs, each on a new store and with the next seed")
	clients    = flag.Int("clients", 8, "number of concurrent clients")
	operations = flag.Int("operations", 16000, "operations in a run of one server")
	kills      = flag.Int("kills", 8, "kills in a run of one server")
	onTable    = flag.Int("table-operations", 5000, "operations in a run of three servers on one table")
	tableKills = flag.Int("table-kills", 20, "kills in a run of three servers on one table")
	addresses  = flag.Int("addresses", 8, "number of email addresses that the clients compete for")
	drawings   = flag.String("drawings", "../../build/linearizability", "folder for pictures of illegal histories")
)

func binary(t *testing.T) string {
	path := os.Getenv("USERSD")
	if path == "" {
		path = "../../build/debug/apps/usersd/usersd"
	}
	path, err := filepath.Abs(path)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("build usersd, or set USERSD: %v", err)
	}
	return path
}

func (w Workload) mustDo(t *testing.T) Run {
	t.Helper()
	run, err := w.Do(binary(t), t.TempDir())
	if err != nil {
		t.Fatalf("seed %d: %v", w.Seed, err)
	}
	return run
}

// Outcomes that a workload must produce. Otherwise it has tested nothing relevant.
var interesting = []string{"create 201", "create EMAIL_IN_USE", "create replayed", "get 200", "get 404",
	"find 200", "find nobody", "patch 200", "patch 404", "patch 412", "patch EMAIL_IN_USE", "patch replayed",
	"patch unknown", "create EXTERNAL_ID_IN_USE", "create USER_NAME_IN_USE", "patch EXTERNAL_ID_IN_USE",
	"patch USER_NAME_IN_USE", "status 200", "status 412", "status USER_DELETED", "assign 200", "assign 404",
	"remove 200", "remove 404"}

// checkRuns executes the workload with the values of the flags. It must produce the outcomes in
// `interesting` and in `more`.
func (w Workload) checkRuns(t *testing.T, more ...string) {
	w.Seed, w.Clients, w.Addresses = *seed, *clients, *addresses
	if w.Seed == 0 {
		w.Seed = time.Now().UnixNano() % 1_000_000
	}
	met := map[string]int{}
	var starts []time.Duration
	for n := 0; n < *runs; n, w.Seed = n+1, w.Seed+1 {
		run := w.mustDo(t)
		verdict := Check(run.Attempts, *drawings)
		fmt.Printf("seed %d: %d operations and %d kills in %.1f s; %d users and %d handles checked in %.1f s, %d "+
			"operations in the longest history, %d overlap another one\n", w.Seed, len(run.Attempts), w.Kills,
			run.Took.Seconds(), verdict.Users, verdict.Handles, verdict.Took.Seconds(), verdict.Longest,
			verdict.Overlapping)
		if !verdict.good() {
			t.Errorf("seed %d: %+v", w.Seed, verdict)
		}
		for outcome, count := range run.outcomes() {
			met[outcome] += count
		}
		starts = append(starts, run.StartTimes...)
	}
	fmt.Printf("outcomes: %v\n", met)
	for _, outcome := range append(more, interesting...) {
		if met[outcome] == 0 {
			t.Errorf("no request had the outcome %s", outcome)
		}
	}
	sort.Slice(starts, func(a, b int) bool { return starts[a] < starts[b] })
	fmt.Printf("%d starts: minimum %d ms, median %d ms, maximum %d ms\n", len(starts),
		starts[0].Milliseconds(), starts[len(starts)/2].Milliseconds(), starts[len(starts)-1].Milliseconds())
}

func TestHistoriesAreLinearizable(t *testing.T) {
	Workload{Operations: *operations, Kills: *kills}.checkRuns(t, "create unknown", "status replayed", "assign replayed")
}

func TestThreeServersOnOneTableAreLinearizable(t *testing.T) {
	// There are fewer operations, and a kill affects the requests of only one of three servers, so
	// some outcomes depend on chance.
	Workload{Servers: 3, Operations: *onTable, Kills: *tableKills}.checkRuns(t)
}
