package linearizability

import (
	"fmt"
	"strings"
)

// Kind is what a request asks for.
type Kind string

const (
	create     Kind = "create"
	get        Kind = "get"
	patch      Kind = "patch"
	setStatus  Kind = "status"
	assignRole Kind = "assign"
	removeRole Kind = "remove"
	find       Kind = "find" // by e-mail address
)

// Request is what a client asks. Sending it again is the same request, under the same key.
type Request struct {
	Kind    Kind
	User    string // whom it is about; not for create and find
	Email   string // create, find; patch: the new address, or none
	Name    string // create; patch: the new name, or none
	Status  string
	Role    string
	IfMatch uint64 // a version, or 0
	Key     string // idempotency key, or none
}

func (r Request) String() string {
	text := string(r.Kind)
	for _, part := range []string{r.Email, r.Name, r.Status, r.Role} {
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

// Record is what is told of a user. Answers to status and role requests tell only a part of it.
type Record struct {
	ID      string
	Version uint64
	Email   string
	Name    string
	Status  string
	Roles   string // joined by commas
}

// told is what an answer to a request of this kind says of the user.
func (r Record) told(kind Kind) string {
	switch kind {
	case setStatus:
		return fmt.Sprintf("v%d %s", r.Version, r.Status)
	case assignRole, removeRole:
		return fmt.Sprintf("v%d [%s]", r.Version, r.Roles)
	default:
		return fmt.Sprintf("v%d %s %s %s [%s]", r.Version, r.Email, r.Name, r.Status, r.Roles)
	}
}

// Answer is what came back.
type Answer struct {
	HTTPStatus     int // 0: nothing came back, or nothing that tells whether it took effect
	Replayed       bool
	Record         *Record // of a success; nil where a search found nobody
	ConflictReason string
	CurrentVersion uint64 // of a 412
	Body           string
}

func (a Answer) unknown() bool { return a.HTTPStatus == 0 }
func (a Answer) success() bool { return a.HTTPStatus == 200 || a.HTTPStatus == 201 }

func (a Answer) String() string {
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
	for _, part := range []string{a.Record.Email, a.Record.Name, a.Record.Status, a.Record.Roles} {
		if part != "" {
			text += " " + part
		}
	}
	if a.Replayed {
		text += " (replayed)"
	}
	return text
}

// Attempt is one request sent once. Times are nanoseconds of one monotonic clock. An attempt without an
// answer returns when the process has ended that has the store: the server itself, or the engine of its tables, which
// may still do what a server that is gone asked for. What that had not done by then, nobody does.
type Attempt struct {
	Client  int
	Request Request
	Answer  Answer
	Call    int64
	Return  int64
}

// userOf is whom the attempt is about as far as `creations` (key to user id) tells; "" for nobody.
func (a Attempt) userOf(creations map[string]string) string {
	switch a.Request.Kind {
	case create:
		if a.Answer.success() || a.Answer.unknown() {
			return creations[a.Request.Key]
		}
		return ""
	case find:
		if a.Answer.Record != nil {
			return a.Answer.Record.ID
		}
		return ""
	default:
		return a.Request.User
	}
}

// creationsOf maps the keys of creations to the users that they made. A creation whose outcome is unknown is
// in it if the request was sent again and answered; the workload does so until an answer comes, and after a refusal
// once more when all is quiet. If that is a refusal, too, no attempt before took effect, since a key's record is
// judged before the address.
func creationsOf(attempts []Attempt) map[string]string {
	creations := map[string]string{}
	for _, attempt := range attempts {
		if attempt.Request.Kind == create && attempt.Answer.success() {
			creations[attempt.Request.Key] = attempt.Answer.Record.ID
		}
	}
	return creations
}

// directFaults finds what needs no search: users that nobody created, users found by another's address, repeated
// answers of one key that differ in a byte.
func directFaults(attempts []Attempt) []string {
	var faults []string
	created := map[string]bool{}
	for _, id := range creationsOf(attempts) {
		created[id] = true
	}
	replays := map[string]string{} // key to body
	for _, attempt := range attempts {
		record := attempt.Answer.Record
		if record == nil {
			continue
		}
		if attempt.Request.Kind == find && !sameAddress(record.Email, attempt.Request.Email) {
			faults = append(faults, fmt.Sprintf("%v answered %v", attempt.Request, attempt.Answer))
		}
		if !created[record.ID] {
			faults = append(faults, fmt.Sprintf("%v answered %v: nobody created user %s", attempt.Request,
				attempt.Answer, record.ID))
		}
		if attempt.Answer.Replayed {
			if before, known := replays[attempt.Request.Key]; known && before != attempt.Answer.Body {
				faults = append(faults, fmt.Sprintf("%v: replayed as %s, before as %s", attempt.Request,
					attempt.Answer.Body, before))
			}
			replays[attempt.Request.Key] = attempt.Answer.Body
		}
	}
	return faults
}

func sameAddress(a, b string) bool { return addressOf(a) == addressOf(b) }

// addressOf is what an e-mail address is unique by.
func addressOf(email string) string { return strings.ToLower(email) }
