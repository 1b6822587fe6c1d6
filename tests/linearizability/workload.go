package linearizability

import (
	"fmt"
	"math/rand"
	"net/http"
	"sync"
	"time"
)

// Workload is what clients do to servers. The seed determines their requests, but not how the
// requests interleave.
type Workload struct {
	Seed       int64
	Servers    int // on the tables of one DynamoDB Local; 0: one server with a data directory
	Clients    int
	Operations int // in total; a few more are executed
	Kills      int // spread over the operations, each of a random server
	Addresses  int // number of email addresses they compete for; at most as many users are live at a time
	// (they compete for half as many external ids and user names)

	// Planted bugs, for tests of this test.
	Transport    func(http.RoundTripper) http.RoundTripper // wraps the transport of each client
	WhileDown    func(kill int, data string) error         // called after each kill, counted from 1
	ForgetfulKey bool                                      // a retry uses a new key
}

// Run is the result of a workload.
type Run struct {
	Attempts   []Attempt
	StartTimes []time.Duration
	Took       time.Duration
}

// outcomes counts the outcomes of the attempts: "create 201", "patch EMAIL_IN_USE", "assign
// replayed", ...
func (r Run) outcomes() map[string]int {
	counts := map[string]int{}
	for _, attempt := range r.Attempts {
		response := attempt.Response
		outcome := fmt.Sprint(response.HTTPStatus)
		switch {
		case response.unknown():
			outcome = "unknown"
		case response.Replayed:
			outcome = "replayed"
		case response.ConflictReason != "":
			outcome = response.ConflictReason
		case attempt.Request.Kind == find && response.Record == nil:
			outcome = "nobody"
		}
		counts[string(attempt.Request.Kind)+" "+outcome]++
	}
	return counts
}

// directory is what the clients together know about the users.
type directory struct {
	mutex    sync.Mutex
	live     []string // as far as known
	deleted  []string // the newest few
	versions map[string]uint64
	done     int  // attempts so far
	cutOff   bool // a creation got no response
}

const maxDeletedUsers = 3

func (d *directory) learn(a Attempt) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.done++
	d.cutOff = d.cutOff || a.Request.Kind == create && a.Response.unknown()
	record := a.Response.Record
	if record == nil {
		return
	}
	if _, known := d.versions[record.ID]; !known {
		d.live = append(d.live, record.ID)
	}
	if record.Version > d.versions[record.ID] {
		d.versions[record.ID] = record.Version
	}
	if record.Status != "deleted" {
		return
	}
	for n, user := range d.live {
		if user == record.ID {
			d.live = append(d.live[:n], d.live[n+1:]...)
			d.deleted = append(d.deleted, user)
			break
		}
	}
	if len(d.deleted) > maxDeletedUsers {
		d.deleted = d.deleted[1:]
	}
}

func (d *directory) attempts() int {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.done
}

func (d *directory) creationCutOff() bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.cutOff
}

// pick returns one of the users, sometimes a deleted one, or "" if there is none.
func (d *directory) pick(random *rand.Rand) (user string, version uint64) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	from := d.live
	if len(d.deleted) > 0 && random.Intn(10) == 0 {
		from = d.deleted
	}
	if len(from) == 0 {
		return "", 0
	}
	user = from[random.Intn(len(from))]
	return user, d.versions[user]
}

type client struct {
	number    int
	workload  Workload
	random    *rand.Rand
	transport http.RoundTripper
	fleet     *fleet
	favourite int // the number of the server that it uses
	directory *directory

	attempts []Attempt
	sentTo   []*process // the process of each attempt
	keys     int
	kept     []Request // successful requests with keys, to be sent again later
	overtook []Request // creations rejected while an earlier attempt may still take effect
}

func (c *client) newKey() string {
	c.keys++
	return fmt.Sprintf("c%d-%d", c.number, c.keys)
}

// handle returns one of the contested handles of a kind, in one of two spellings. The spellings of an
// external id are two handles.
func (c *client) handle(kind int) string {
	count := c.workload.handles(kind)
	return contested(kind, []string{"hot", "Hot"}[c.random.Intn(2)], c.random.Intn(count))
}

// handles returns the number of contested handles of a kind.
func (w Workload) handles(kind int) int {
	if kind == email {
		return w.Addresses
	}
	return (w.Addresses + 1) / 2
}

func contested(kind int, spelling string, number int) string {
	if kind == email {
		return fmt.Sprintf("%s%d@hot.example", spelling, number)
	}
	return fmt.Sprintf("%s|%d", spelling, number)
}

// optional returns a new external id and user name for some users.
func (c *client) optional(handles Handles) Handles {
	for _, kind := range []int{externalID, userName} {
		if c.random.Intn(3) == 0 {
			handles[kind] = c.handle(kind)
		}
	}
	return handles
}

func (c *client) next() Request {
	user, version := c.directory.pick(c.random)
	dice := c.random.Intn(100)
	if user == "" || dice < 8 {
		return Request{Kind: create, Handles: c.optional(Handles{c.handle(email)}), Name: c.newKey(), Key: c.newKey()}
	}
	switch {
	case dice < 11 && len(c.kept) > 0:
		return c.kept[c.random.Intn(len(c.kept))]
	case dice < 34:
		return Request{Kind: get, User: user}
	case dice < 46:
		kind := c.random.Intn(handleKinds)
		return findBy(kind, c.handle(kind))
	}
	request := Request{User: user}
	if c.random.Intn(3) == 0 {
		request.IfMatch = version
	}
	if c.random.Intn(2) == 0 {
		request.Key = c.newKey()
	}
	switch {
	case dice < 74:
		request.Kind, request.Key = patch, c.newKey()
		if dice < 58 {
			request.Handles[email] = c.handle(email)
		}
		if dice >= 54 && dice < 68 {
			request.Handles = c.optional(request.Handles)
		}
		if dice >= 66 && dice < 72 {
			request.Handles[externalID+c.random.Intn(2)] = removed
		}
		if dice >= 66 || request.Handles == (Handles{}) {
			request.Name = c.newKey()
		}
	case dice < 84:
		request.Kind = setStatus
		request.Status = []string{"active", "disabled", "disabled", "deleted", "deleted"}[c.random.Intn(5)]
	case dice < 92:
		request.Kind, request.Role = assignRole, c.role()
	default:
		request.Kind, request.Role = removeRole, c.role()
	}
	return request
}

func (c *client) role() string { return []string{"editor", "viewer"}[c.random.Intn(2)] }

// choose returns the process for the next request: usually the same server as before, sometimes
// another.
func (c *client) choose() (*process, error) {
	n := len(c.attempts) - 1
	switch {
	case n >= 0 && c.attempts[n].Response.unknown():
		c.favourite++
		if len(c.fleet.servers) == 1 {
			// A request without a response was interrupted by a kill. After a 503, the same process
			// continues.
			select {
			case <-c.sentTo[n].ended:
			case <-time.After(100 * time.Millisecond):
			}
		}
	case c.random.Intn(20) == 0:
		c.favourite++
	}
	return c.fleet.choose(c.favourite)
}

// ask sends the request once, to a running process or to the next one, and records the outcome.
func (c *client) ask(request Request, again bool) (Response, error) {
	process, err := c.choose()
	if err != nil {
		return Response{}, err
	}
	sent := request
	if again && c.workload.ForgetfulKey {
		sent.Key = c.newKey()
	}
	attempt := Attempt{Client: c.number, Request: request, Call: c.fleet.now()}
	if request.Kind == create {
		process.creations.Add(1)
	}
	attempt.Response, err = sent.send(c.transport, process.url)
	if request.Kind == create {
		process.creations.Add(-1)
	}
	attempt.Return = c.fleet.now()
	if err != nil {
		return Response{}, c.fleet.fail(err)
	}
	c.attempts = append(c.attempts, attempt)
	c.sentTo = append(c.sentTo, process)
	c.directory.learn(attempt)
	return attempt.Response, nil
}

func (c *client) work() error {
	for c.directory.attempts() < c.workload.Operations {
		request := c.next()
		response, err := c.ask(request, c.keeps(request.Key))
		if err != nil {
			return err
		}
		// A request with a key is retried until its outcome is known: creations always, others usually.
		for request.Key != "" && response.unknown() && (request.Kind == create || c.random.Intn(4) > 0) {
			if response, err = c.ask(request, true); err != nil {
				return err
			}
			if request.Kind == create && !response.success() && !response.unknown() {
				c.overtook = append(c.overtook, request)
			}
		}
		if request.Key != "" && response.success() && !response.Replayed && c.random.Intn(4) == 0 {
			c.kept = append(c.kept, request)
		}
	}
	return nil
}

func (c *client) keeps(key string) bool {
	for _, request := range c.kept {
		if key != "" && request.Key == key {
			return true
		}
	}
	return false
}

// settle determines the outcome of those creations when no other request is in progress.
func (c *client) settle() error {
	for _, request := range c.overtook {
		if _, err := c.ask(request, true); err != nil {
			return err
		}
	}
	return nil
}

// findBy returns the search for a handle.
func findBy(kind int, handle string) Request {
	request := Request{Kind: find}
	request.Handles[kind] = handle
	return request
}

// lookAround reads every user and every handle once when no other request is in progress.
func (c *client) lookAround(users []string) error {
	for _, user := range users {
		if _, err := c.ask(Request{Kind: get, User: user}, false); err != nil {
			return err
		}
	}
	for kind := range handleNames {
		for n := 0; n < c.workload.handles(kind); n++ {
			for _, spelling := range []string{"hot", "Hot"} {
				if _, err := c.ask(findBy(kind, contested(kind, spelling, n)), false); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Do runs the workload on a new store, with all files in `folder`.
func (w Workload) Do(binary, folder string) (Run, error) {
	began := time.Now()
	fleet := newFleet(func() int64 { return int64(time.Since(began)) }) // monotonic
	defer fleet.kill()
	var err error
	if w.Servers == 0 {
		err = fleet.addLocal(binary, folder)
	} else {
		err = fleet.addOnTables(binary, folder, w.Servers)
	}
	if err == nil {
		err = fleet.start()
	}
	if err != nil {
		return Run{}, err
	}

	known := &directory{versions: map[string]uint64{}}
	clients := make([]*client, w.Clients)
	ended := make(chan error, w.Clients)
	for n := range clients {
		clients[n] = &client{number: n, workload: w, random: rand.New(rand.NewSource(w.Seed*1000 + int64(n))),
			transport: newTransport(), fleet: fleet, favourite: n, directory: known}
		if w.Transport != nil {
			clients[n].transport = w.Transport(clients[n].transport)
		}
		go func(c *client) { ended <- c.work() }(clients[n])
	}
	if err := w.killAndRestart(fleet, known); err != nil {
		return Run{}, err
	}
	for range clients {
		if err := <-ended; err != nil {
			return Run{}, err
		}
	}
	for _, c := range clients {
		if err := c.settle(); err != nil {
			return Run{}, err
		}
	}
	var users []string
	for user := range known.versions {
		users = append(users, user)
	}
	if err := clients[0].lookAround(users); err != nil {
		return Run{}, err
	}
	if err := fleet.stop(); err != nil {
		return Run{}, err
	}
	return collect(clients, fleet, time.Since(began)), nil
}

func (w Workload) killAndRestart(fleet *fleet, known *directory) error {
	random := rand.New(rand.NewSource(w.Seed*1000 + 999))
	wait := func(until func() bool) error {
		for !until() {
			if err := fleet.failed(); err != nil {
				return err
			}
			time.Sleep(time.Millisecond)
		}
		return nil
	}
	for kill := 1; kill <= w.Kills; kill++ {
		share := w.Operations / (w.Kills + 1)
		moment := kill*share + random.Intn(share/2+1)
		if err := wait(func() bool { return known.attempts() >= moment }); err != nil {
			return err
		}
		time.Sleep(time.Duration(random.Intn(2000)) * time.Microsecond)
		server := fleet.servers[random.Intn(len(fleet.servers))]
		// Few requests are creations. To make sure that a kill interrupts one, the kill waits for a
		// creation until that has happened.
		if err := wait(func() bool {
			return known.creationCutOff() || server.current.creations.Load() > 0 || known.attempts() >= (kill+1)*share
		}); err != nil {
			return err
		}
		server.kill()
		if w.WhileDown != nil {
			if err := w.WhileDown(kill, server.data); err != nil {
				return fleet.fail(err)
			}
		}
		if err := server.start(); err != nil {
			return err
		}
	}
	return nil
}

func collect(clients []*client, fleet *fleet, took time.Duration) Run {
	run := Run{Took: took}
	for _, server := range fleet.servers {
		run.StartTimes = append(run.StartTimes, server.startTimes...)
	}
	for _, c := range clients {
		for n, attempt := range c.attempts {
			if attempt.Response.unknown() {
				if c.sentTo[n].endAt < attempt.Call {
					continue // the process had ended before the request
				}
				attempt.Return = c.sentTo[n].store.endAt
			}
			run.Attempts = append(run.Attempts, attempt)
		}
	}
	return run
}
