package linearizability

import (
	"bytes"
	"io"
	"math/rand"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Why: a judge that has never convicted anybody proves nothing. Each test plants a bug that callers could meet and
// asks for a conviction.

const plantSeed = 4711

func planted() Workload {
	return Workload{Seed: plantSeed, Clients: 4, Operations: 1500, Addresses: 6}
}

func judgePlanted(t *testing.T, w Workload) Verdict {
	t.Helper()
	verdict := Judge(w.mustDo(t).Attempts, t.TempDir())
	t.Logf("%d users and %d addresses convicted, undecided: %v", len(verdict.IllegalUsers), len(verdict.IllegalAddresses),
		verdict.Undecided)
	return verdict
}

func TestThePlantedWorkloadIsLegalWithoutABug(t *testing.T) {
	if verdict := judgePlanted(t, planted()); !verdict.good() {
		t.Errorf("%+v", verdict)
	}
}

// staleReads answers some reads with what the same read gave a while ago.
type staleReads struct {
	next   http.RoundTripper
	random *rand.Rand
	only   string // what the URL must contain
	cache  map[string][]byte
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
	fresh, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	body := fresh
	if old, cached := s.cache[target]; cached && s.random.Intn(4) == 0 {
		body = old
		etag := "" // the one that belongs to the old body
		if at := bytes.Index(old, []byte(`"version":`)); at >= 0 && s.only == "/users/" {
			number := old[at+len(`"version":`):]
			etag = `"` + string(number[:bytes.IndexAny(number, ",}")]) + `"`
		}
		response.Header.Set("ETag", etag)
	} else if !cached || s.random.Intn(8) == 0 {
		s.cache[target] = fresh
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

func withStaleReads(only string) Workload {
	w := planted()
	w.Transport = func(next http.RoundTripper) http.RoundTripper {
		return &staleReads{next, rand.New(rand.NewSource(plantSeed)), only, map[string][]byte{}}
	}
	return w
}

func TestStaleReadsOfUsersAreFound(t *testing.T) {
	verdict := judgePlanted(t, withStaleReads("/users/"))
	if len(verdict.IllegalUsers) == 0 {
		t.Fatal("nobody was convicted")
	}
	if _, err := os.Stat(verdict.IllegalUsers[0]); err != nil {
		t.Errorf("no picture was drawn: %v", err)
	}
}

func TestStaleSearchesByAddressAreFound(t *testing.T) {
	if len(judgePlanted(t, withStaleReads("?email=")).IllegalAddresses) == 0 {
		t.Error("nobody was convicted")
	}
}

func copyFolder(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return exec.Command("cp", "-a", from, to).Run()
}

func TestLostAcknowledgedWritesAreFound(t *testing.T) {
	w := planted()
	w.Kills = 2
	w.WhileDown = func(kill int, data string) error {
		if kill == 1 {
			return copyFolder(data, data+".kept")
		}
		return copyFolder(data+".kept", data) // all that was written since the first kill is lost
	}
	verdict := judgePlanted(t, w)
	if len(verdict.IllegalUsers) == 0 || len(verdict.IllegalAddresses) == 0 {
		t.Errorf("%+v", verdict)
	}
}

func TestASecondEffectUnderOneKeyIsFound(t *testing.T) {
	w := planted()
	w.ForgetfulKey = true
	if len(judgePlanted(t, w).IllegalUsers) == 0 {
		t.Error("nobody was convicted")
	}
}
