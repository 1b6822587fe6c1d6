package linearizability

import (
	"fmt"
	"hash/fnv"

	"github.com/anishathalye/porcupine"
)

// What an attempt means to one e-mail address. The state of an address is who has it, "" for nobody.
type addressEvent struct {
	meaning meaning
	user    string
	maybe   bool // the outcome is unknown
}

type meaning string

const (
	claims  meaning = "claims it anew" // creation: nobody may have it
	movesTo meaning = "moves to it"
	// A change to another address, or deletion: if the user has this one, it is free afterwards. The request does
	// not say which address is left, and need not: at the moment of the change exactly that address is released
	// which the user has, and all others are left alone.
	leaves    meaning = "leaves it"
	has       meaning = "has it"
	isFree    meaning = "nobody has it"
	isRefused meaning = "is refused it" // somebody else has it
)

func (e addressEvent) String() string {
	text := fmt.Sprintf("%s %s", e.user, e.meaning)
	if e.maybe {
		text += "?"
	}
	return text
}

// addressStep gives who can have the address after the event; none if it cannot have been.
func addressStep(owner string, event addressEvent) []string {
	after, possible := owner, false
	switch event.meaning {
	case claims:
		after, possible = event.user, owner == ""
	case movesTo:
		after, possible = event.user, owner == "" || owner == event.user
	case leaves:
		possible = true
		if owner == event.user {
			after = ""
		}
	case has:
		possible = owner == event.user
	case isFree:
		possible = owner == ""
	case isRefused:
		possible = owner != "" && owner != event.user
	}
	if event.maybe {
		if !possible || after == owner {
			return []string{owner}
		}
		return []string{owner, after}
	}
	if !possible {
		return nil
	}
	return []string{after}
}

func addressModel() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []interface{} { return []interface{}{""} },
		Step: func(state, input, _ interface{}) []interface{} {
			var next []interface{}
			for _, after := range addressStep(state.(string), input.(addressEvent)) {
				next = append(next, after)
			}
			return next
		},
		Hash: func(state interface{}) uint64 {
			hash := fnv.New64a()
			hash.Write([]byte(state.(string)))
			return hash.Sum64()
		},
		DescribeOperation: func(input, _ interface{}) string { return fmt.Sprint(input) },
		DescribeState: func(state interface{}) string {
			if state == "" {
				return "free"
			}
			return state.(string)
		},
	}
	return model.ToModel()
}

// addressHistories is each address's part of what happened. A change of address takes effect on two addresses at
// one moment; each of them sees its half. So a whole history that is linearizable has linearizable parts, and a
// part that is not convicts the whole.
func addressHistories(attempts []Attempt) map[string][]porcupine.Operation {
	creations := creationsOf(attempts)
	histories := map[string][]porcupine.Operation{}
	add := func(attempt Attempt, email string, meaning meaning, user string) {
		address := addressOf(email)
		histories[address] = append(histories[address], porcupine.Operation{
			ClientId: attempt.Client, Call: attempt.Call, Return: attempt.Return,
			Input: addressEvent{meaning, user, attempt.Answer.unknown()}, Output: attempt.Answer})
	}

	couldHave := map[string]map[string]bool{} // user to the addresses that it may ever have had
	for _, attempt := range attempts {
		user := attempt.userOf(creations)
		if email := attempt.Request.Email; user != "" && email != "" && attempt.Request.Kind != find {
			if couldHave[user] == nil {
				couldHave[user] = map[string]bool{}
			}
			couldHave[user][addressOf(email)] = true
		}
	}
	leavesAll := func(attempt Attempt, user, but string) {
		for address := range couldHave[user] {
			if address != but {
				add(attempt, address, leaves, user)
			}
		}
	}

	for _, attempt := range attempts {
		request, answer := attempt.Request, attempt.Answer
		if answer.Replayed {
			continue // the first attempt is here, too; that it took effect is judged in the user's history
		}
		user := attempt.userOf(creations)
		refused := answer.ConflictReason == "EMAIL_IN_USE"
		tookEffect := answer.success() || answer.unknown()
		switch {
		case refused:
			add(attempt, request.Email, isRefused, request.User)
		case request.Kind == find && answer.success() && user == "":
			add(attempt, request.Email, isFree, "")
		case request.Kind == create && tookEffect && user != "":
			add(attempt, request.Email, claims, user)
		case request.Kind == patch && request.Email != "" && tookEffect:
			add(attempt, request.Email, movesTo, user)
			leavesAll(attempt, user, addressOf(request.Email))
		case request.Kind == setStatus && request.Status == "deleted" && tookEffect:
			leavesAll(attempt, user, "")
		case answer.success() && answer.Record.Email != "":
			add(attempt, answer.Record.Email, has, user) // get, find, a patch of something else
		}
	}
	return histories
}
