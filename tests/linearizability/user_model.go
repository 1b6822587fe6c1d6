package linearizability

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/anishathalye/porcupine"
)

type life int

const (
	absent life = iota
	live
	deleted
)

// userState is the state of one user. It is comparable with ==.
type userState struct {
	life   life
	record Record // the last one of a deleted user
	// The stored first responses of the keys that the history uses more than once: ";key=told" for
	// each.
	responses string
}

func (s userState) storedResponse(key string) (string, bool) {
	if key == "" {
		return "", false
	}
	at := strings.Index(s.responses, ";"+key+"=")
	if at < 0 {
		return "", false
	}
	response := s.responses[at+len(key)+2:]
	if end := strings.IndexByte(response, ';'); end >= 0 {
		response = response[:end]
	}
	return response, true
}

// perform returns the state of a user after a request, and the HTTP status, as the contract defines
// them. It does not check whether a handle is in use, because the history of one user cannot show
// that.
func (s userState) perform(r Request) (userState, int) {
	stale := r.IfMatch != 0 && r.IfMatch != s.record.Version
	after := s
	switch r.Kind {
	case create:
		after.life = live
		after.record = Record{ID: r.User, Version: 1, Handles: r.Handles, Name: r.Name, Status: "active"}
		return after, 201
	case get, find:
		if s.life != live {
			return s, 404
		}
		return s, 200
	case setStatus:
		switch {
		case s.life == absent:
			return s, 404
		case stale:
			return s, 412
		case s.life == deleted && r.Status != "deleted":
			return s, 409
		}
		after.record.Status = r.Status
		if r.Status == "deleted" {
			after.life = deleted
		}
	default:
		switch {
		case s.life != live:
			return s, 404
		case stale:
			return s, 412
		case r.Kind == removeRole && !hasRole(s.record.Roles, r.Role):
			return s, 404
		}
		switch r.Kind {
		case patch:
			for kind, handle := range r.Handles {
				switch handle {
				case "":
				case removed:
					after.record.Handles[kind] = ""
				default:
					after.record.Handles[kind] = handle
				}
			}
			if r.Name != "" {
				after.record.Name = r.Name
			}
		case assignRole:
			after.record.Roles = withRole(s.record.Roles, r.Role)
		case removeRole:
			after.record.Roles = withoutRole(s.record.Roles, r.Role)
		}
	}
	if after != s {
		after.record.Version++
	}
	return after, 200
}

// userStep returns the possible states of a user after an attempt with this response, or none if
// the response is impossible.
func userStep(s userState, r Request, a Response, keyUsedAgain bool) []userState {
	if stored, found := s.storedResponse(r.Key); found {
		if a.unknown() || (a.success() && a.Replayed && a.Record.told(r.Kind) == stored) {
			return []userState{s}
		}
		return nil
	}
	if a.Replayed || (r.Kind == create && s.life != absent) {
		if a.unknown() {
			return []userState{s}
		}
		return nil
	}
	after, status := s.perform(r)
	if keyUsedAgain && after != s {
		after.responses += ";" + r.Key + "=" + after.record.told(r.Kind)
	}
	switch {
	case a.unknown():
		if after == s {
			return []userState{s}
		}
		return []userState{s, after}
	case a.HTTPStatus == 409 && kindOfReason(a.ConflictReason) != handleKinds:
		kind := kindOfReason(a.ConflictReason)
		handle := r.Handles[kind]
		if status == 200 && r.Kind == patch && handle != "" && handle != removed && !same(kind, handle, s.record.Handles[kind]) {
			return []userState{s}
		}
	case a.HTTPStatus == 409 && a.ConflictReason != "USER_DELETED":
	case a.HTTPStatus != status:
	case a.HTTPStatus == 412:
		if a.CurrentVersion == s.record.Version {
			return []userState{s}
		}
	case !a.success() || a.Record.told(r.Kind) == after.record.told(r.Kind):
		return []userState{after}
	}
	return nil
}

func splitRoles(roles string) []string {
	if roles == "" {
		return nil
	}
	return strings.Split(roles, ",")
}

func hasRole(roles, role string) bool {
	for _, held := range splitRoles(roles) {
		if held == role {
			return true
		}
	}
	return false
}

func withoutRole(roles, role string) string {
	var left []string
	for _, held := range splitRoles(roles) {
		if held != role {
			left = append(left, held)
		}
	}
	return strings.Join(left, ",")
}

func withRole(roles, role string) string {
	var all []string
	for _, held := range splitRoles(withoutRole(roles, role)) {
		if role != "" && role < held {
			all, role = append(all, role), ""
		}
		all = append(all, held)
	}
	if role != "" {
		all = append(all, role)
	}
	return strings.Join(all, ",")
}

// userModel checks the history of one user. `repeated` contains the keys that are used more than
// once.
func userModel(repeated map[string]bool) porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []interface{} { return []interface{}{userState{}} },
		Step: func(state, input, output interface{}) []interface{} {
			request := input.(Request)
			var next []interface{}
			for _, after := range userStep(state.(userState), request, output.(Response), repeated[request.Key]) {
				next = append(next, after)
			}
			return next
		},
		Hash: func(state interface{}) uint64 {
			s := state.(userState)
			hash := fnv.New64a()
			fmt.Fprint(hash, s.life, s.record.Version, s.record.Name, s.record.Handles, len(s.responses))
			return hash.Sum64()
		},
		DescribeOperation: func(input, output interface{}) string { return fmt.Sprintf("%v -> %v", input, output) },
		DescribeState: func(state interface{}) string {
			s := state.(userState)
			return []string{"absent", s.record.told(get), "deleted " + s.record.told(get)}[s.life]
		},
	}
	return model.ToModel()
}

// userHistories returns the part of the history that concerns each user.
func userHistories(attempts []Attempt) map[string][]porcupine.Operation {
	creations := creationsOf(attempts)
	histories := map[string][]porcupine.Operation{}
	for _, attempt := range attempts {
		user := attempt.userOf(creations)
		if user == "" {
			continue
		}
		request := attempt.Request
		request.User = user
		histories[user] = append(histories[user], porcupine.Operation{
			ClientId: attempt.Client, Input: request, Output: attempt.Response, Call: attempt.Call, Return: attempt.Return})
	}
	return histories
}

func repeatedKeys(attempts []Attempt) map[string]bool {
	times := map[string]int{}
	for _, attempt := range attempts {
		times[attempt.Request.Key]++
	}
	repeated := map[string]bool{}
	for key, count := range times {
		if key != "" && count > 1 {
			repeated[key] = true
		}
	}
	return repeated
}
