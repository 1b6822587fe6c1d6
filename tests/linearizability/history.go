package linearizability

import "fmt"

// Kind is the kind of a request.
type Kind string

const (
	create     Kind = "create"
	get        Kind = "get"
	patch      Kind = "patch"
	setStatus  Kind = "status"
	assignRole Kind = "assign"
	removeRole Kind = "remove"
	find       Kind = "find" // by a handle
)

// Request is a client's request. A retry is the same request with the same key.
type Request struct {
	Kind    Kind
	User    string  // the user that it concerns; not for create and find
	Handles Handles // create; find: the one that it searches by; patch: the new ones, or `removed`
	Name    string  // create; patch: the new name, or none
	Status  string
	Role    string
	IfMatch uint64 // a version, or 0
	Key     string // idempotency key, or none
}

func (r Request) String() string {
	text := string(r.Kind)
	for _, part := range append(r.Handles[:], r.Name, r.Status, r.Role) {
		if part != "" {
			text += " " + part
		}
	}
	if r.IfMatch != 0 {
		text += fmt.Sprintf(" if-match %d", r.IfMatch)
	}
	if r.Key != "" {
		text += " key " + r.Key
	}
	return text
}

// Record is the known state of a user. Responses to status and role requests contain only a part of
// it.
type Record struct {
	ID      string
	Version uint64
	Handles Handles
	Name    string
	Status  string
	Roles   string // joined by commas
}

// told returns what a response to a request of this kind contains about the user.
func (r Record) told(kind Kind) string {
	switch kind {
	case setStatus:
		return fmt.Sprintf("v%d %s", r.Version, r.Status)
	case assignRole, removeRole:
		return fmt.Sprintf("v%d [%s]", r.Version, r.Roles)
	default:
		return fmt.Sprintf("v%d %q %s %s [%s]", r.Version, r.Handles, r.Name, r.Status, r.Roles)
	}
}

// Response is a response.
type Response struct {
	HTTPStatus     int // 0: no response, or none that says whether the request took effect
	Replayed       bool
	Record         *Record // of a success; nil if a search found no user
	ConflictReason string
	CurrentVersion uint64 // of a 412
	Body           string
}

func (a Response) unknown() bool { return a.HTTPStatus == 0 }
func (a Response) success() bool { return a.HTTPStatus == 200 || a.HTTPStatus == 201 }

func (a Response) String() string {
	switch {
	case a.unknown():
		return "unknown"
	case a.HTTPStatus == 409:
		return a.ConflictReason
	case a.HTTPStatus == 412:
		return fmt.Sprintf("412, is at %d", a.CurrentVersion)
	case !a.success():
		return fmt.Sprint(a.HTTPStatus)
	case a.Record == nil:
		return "nobody"
	}
	text := "version " + fmt.Sprint(a.Record.Version)
	for _, part := range append(a.Record.Handles[:], a.Record.Name, a.Record.Status, a.Record.Roles) {
		if part != "" {
			text += " " + part
		}
	}
	if a.Replayed {
		text += " (replayed)"
	}
	return text
}

// Attempt is one request sent once. Times are nanoseconds of one monotonic clock. An attempt
// without a response returns when the process that has the store has ended: the server itself, or
// the engine of its tables, which may still execute calls of a server that has ended. What had not
// taken effect by then never does.
type Attempt struct {
	Client   int
	Request  Request
	Response Response
	Call     int64
	Return   int64
}

// userOf returns the user that the attempt concerns, as far as `creations` (key to user id) shows,
// or "".
func (a Attempt) userOf(creations map[string]string) string {
	switch a.Request.Kind {
	case create:
		if a.Response.success() || a.Response.unknown() {
			return creations[a.Request.Key]
		}
		return ""
	case find:
		if a.Response.Record != nil {
			return a.Response.Record.ID
		}
		return ""
	default:
		return a.Request.User
	}
}

// creationsOf maps the keys of creations to the users that they created. A creation whose outcome
// is unknown is included if the request was sent again and got a response. The workload retries
// until it gets one, and after a rejection once more when no other request is in progress. If that
// is a rejection too, no earlier attempt took effect, because the server checks a key's record
// before the handles.
func creationsOf(attempts []Attempt) map[string]string {
	creations := map[string]string{}
	for _, attempt := range attempts {
		if attempt.Request.Kind == create && attempt.Response.success() {
			creations[attempt.Request.Key] = attempt.Response.Record.ID
		}
	}
	return creations
}

// directFaults finds faults without a search: users that were never created, users found by a handle
// that they do not have, and replays of one key that differ.
func directFaults(attempts []Attempt) []string {
	var faults []string
	created := map[string]bool{}
	for _, id := range creationsOf(attempts) {
		created[id] = true
	}
	replays := map[string]string{} // maps each key to a body
	for _, attempt := range attempts {
		record := attempt.Response.Record
		if record == nil {
			continue
		}
		for kind, value := range attempt.Request.Handles {
			if attempt.Request.Kind == find && value != "" && !same(kind, record.Handles[kind], value) {
				faults = append(faults, fmt.Sprintf("%v got the response %v", attempt.Request, attempt.Response))
			}
		}
		if !created[record.ID] {
			faults = append(faults, fmt.Sprintf("%v got the response %v: user %s was never created", attempt.Request,
				attempt.Response, record.ID))
		}
		if attempt.Response.Replayed {
			if before, known := replays[attempt.Request.Key]; known && before != attempt.Response.Body {
				faults = append(faults, fmt.Sprintf("%v: replayed as %s, before as %s", attempt.Request,
					attempt.Response.Body, before))
			}
			replays[attempt.Request.Key] = attempt.Response.Body
		}
	}
	return faults
}
