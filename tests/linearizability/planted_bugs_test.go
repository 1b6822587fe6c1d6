package linearizability

import (
	"bytes"
	"io"
	"math/rand"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// Why: a checker that has never found a fault proves nothing. Each test plants a bug that callers
// could observe and expects the checker to find it.

const plantSeed = 4711

func planted() Workload {
	return Workload{Seed: plantSeed, Clients: 4, Operations: 1500, Addresses: 6}
}

func checkPlanted(t *testing.T, w Workload) Verdict {
	t.Helper()
	verdict := Check(w.mustDo(t).Attempts, t.TempDir())
	t.Logf("%d users and %d handles with illegal histories, undecided: %v", len(verdict.IllegalUsers),
		len(verdict.IllegalHandles), verdict.Undecided)
	return verdict
}

func TestPlantedWorkloadIsLegalWithoutBug(t *testing.T) {
	if verdict := checkPlanted(t, planted()); !verdict.good() {
		t.Errorf("%+v", verdict)
	}
}

// keptResponse is the response to a read, kept to be returned again.
type keptResponse struct {
	header http.Header
	body   []byte
}

func keep(response *http.Response) (keptResponse, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return keptResponse{response.Header, body}, err
}

func (k keptResponse) again() *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: k.header, Body: io.NopCloser(bytes.NewReader(k.body))}
}

// staleReads responds to some reads with an earlier response to the same read.
type staleReads struct {
	next   http.RoundTripper
	random *rand.Rand
	only   string // what the URL must contain
	cache  map[string]keptResponse
}

func (s *staleReads) RoundTrip(request *http.Request) (*http.Response, error) {
	target := request.URL.RequestURI()
	if request.Method != http.MethodGet || !strings.Contains(target, s.only) {
		return s.next.RoundTrip(request)
	}
	response, err := s.next.RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	fresh, err := keep(response)
	if err != nil {
		return nil, err
	}
	if old, cached := s.cache[target]; cached && s.random.Intn(4) == 0 {
		return old.again(), nil
	} else if !cached || s.random.Intn(8) == 0 {
		s.cache[target] = fresh
	}
	return fresh.again(), nil
}

func withStaleReads(only string) Workload {
	w := planted()
	w.Transport = func(next http.RoundTripper) http.RoundTripper {
		return &staleReads{next, rand.New(rand.NewSource(plantSeed)), only, map[string]keptResponse{}}
	}
	return w
}

func TestDetectsStaleReadsOfUsers(t *testing.T) {
	verdict := checkPlanted(t, withStaleReads("/users/"))
	if len(verdict.IllegalUsers) == 0 {
		t.Fatal("no illegal history was found")
	}
	if _, err := os.Stat(verdict.IllegalUsers[0]); err != nil {
		t.Errorf("no picture was drawn: %v", err)
	}
}

func TestDetectsStaleSearches(t *testing.T) {
	for _, name := range handleNames {
		found := checkPlanted(t, withStaleReads("?"+name+"=")).IllegalHandles
		if len(found) == 0 {
			t.Errorf("no illegal history of any %s was found", name)
		}
	}
}

// userCache contains the reads that a server may return again, by user.
type userCache struct {
	mutex sync.Mutex
	kept  map[string]keptResponse
}

// cachingServers simulates servers that each cache the users that they have read until they change
// them. That is correct only as long as there is one server.
type cachingServers struct {
	next   http.RoundTripper
	caches *sync.Map // by the server's address
}

func (c cachingServers) RoundTrip(request *http.Request) (*http.Response, error) {
	target := strings.Split(request.URL.Path, "/") // "", "users", the user's id, ...
	if len(target) < 3 {
		return c.next.RoundTrip(request)
	}
	user := target[2]
	found, _ := c.caches.LoadOrStore(request.URL.Host, &userCache{kept: map[string]keptResponse{}})
	cache := found.(*userCache)
	cache.mutex.Lock()
	defer cache.mutex.Unlock()
	if request.Method != http.MethodGet {
		delete(cache.kept, user)
		return c.next.RoundTrip(request)
	}
	if old, cached := cache.kept[user]; cached {
		return old.again(), nil
	}
	response, err := c.next.RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	fresh, err := keep(response)
	if err != nil {
		return nil, err
	}
	cache.kept[user] = fresh
	return fresh.again(), nil
}

func TestDetectsCachesOfSeveralServers(t *testing.T) {
	w := planted()
	w.Operations = 800
	caches := new(sync.Map)
	w.Transport = func(next http.RoundTripper) http.RoundTripper { return cachingServers{next, caches} }
	w.Servers = 1
	if verdict := checkPlanted(t, w); !verdict.good() {
		t.Errorf("one server: %+v", verdict)
	}
	w.Servers = 3
	if len(checkPlanted(t, w).IllegalUsers) == 0 {
		t.Error("three servers: no illegal history was found")
	}
}

func copyFolder(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return exec.Command("cp", "-a", from, to).Run()
}

func TestDetectsLostAcknowledgedWrites(t *testing.T) {
	w := planted()
	w.Kills = 2
	w.WhileDown = func(kill int, data string) error {
		if kill == 1 {
			return copyFolder(data, data+".kept")
		}
		return copyFolder(data+".kept", data) // all that was written since the first kill is lost
	}
	verdict := checkPlanted(t, w)
	if len(verdict.IllegalUsers) == 0 || len(verdict.IllegalHandles) == 0 {
		t.Errorf("%+v", verdict)
	}
}

func TestDetectsSecondEffectOfOneKey(t *testing.T) {
	w := planted()
	w.ForgetfulKey = true
	if len(checkPlanted(t, w).IllegalUsers) == 0 {
		t.Error("no illegal history was found")
	}
}
