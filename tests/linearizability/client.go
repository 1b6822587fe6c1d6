package linearizability

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// newTransport returns a transport for one client, with its own connections.
func newTransport() http.RoundTripper { return &http.Transport{MaxIdleConnsPerHost: 1} }

type fields map[string]any

func (f fields) with(name, value string) fields {
	if value != "" {
		f[name] = value
	}
	return f
}

func (f fields) withHandles(handles Handles) fields {
	for kind, handle := range handles {
		f.with(handleNames[kind], handle)
		if handle == removed {
			f[handleNames[kind]] = nil
		}
	}
	return f
}

// httpRequest returns the signed HTTP request.
func (r Request) httpRequest(server string) (*http.Request, error) {
	method, target := http.MethodGet, "/users/"+r.User
	var content fields
	switch r.Kind {
	case create:
		method, target = http.MethodPost, "/users"
		content = fields{"idempotencyKey": r.Key, "name": r.Name}.withHandles(r.Handles)
	case patch:
		method = http.MethodPatch
		content = fields{"idempotencyKey": r.Key}.with("name", r.Name).withHandles(r.Handles)
	case setStatus:
		method, target = http.MethodPut, target+"/status"
		content = fields{"status": r.Status}
	case assignRole:
		method, target = http.MethodPost, target+"/roles"
		content = fields{"role": r.Role}
	case removeRole:
		method, target = http.MethodDelete, target+"/roles/"+r.Role
	case find:
		for kind, handle := range r.Handles {
			if handle != "" {
				target = "/users?" + handleNames[kind] + "=" + url.QueryEscape(handle)
			}
		}
	}
	var body []byte
	if content != nil {
		body, _ = json.Marshal(content) // strings cannot fail
	}
	request, err := http.NewRequest(method, server+target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if content != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if r.Key != "" && r.Kind != create && r.Kind != patch {
		request.Header.Set("Idempotency-Key", r.Key)
	}
	if r.IfMatch != 0 {
		request.Header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(r.IfMatch)))
	}
	sign(request, body, time.Now())
	return request, nil
}

// responseBody contains the members of all kinds of response bodies.
type responseBody struct {
	UserID     string
	Version    uint64
	Email      string
	ExternalID string
	UserName   string
	Name       string
	Status     string
	Roles      []string
	Users      []responseBody
	Details    struct {
		Reason         string
		CurrentVersion uint64
	}
}

func (b responseBody) record() *Record {
	handles := Handles{b.Email, b.ExternalID, b.UserName}
	return &Record{b.UserID, b.Version, handles, b.Name, b.Status, strings.Join(b.Roles, ",")}
}

// send returns the unknown response if the connection was lost or the server responded with 503. It
// returns an error if the response is one that no request of this test may get.
func (r Request) send(transport http.RoundTripper, server string) (Response, error) {
	request, err := r.httpRequest(server)
	if err != nil {
		return Response{}, err
	}
	client := http.Client{Transport: transport, Timeout: time.Minute}
	reply, err := client.Do(request)
	if err != nil {
		return Response{}, nil
	}
	defer reply.Body.Close()
	raw, err := io.ReadAll(reply.Body)
	if err != nil || reply.StatusCode == http.StatusServiceUnavailable {
		return Response{}, nil
	}
	response := Response{
		HTTPStatus: reply.StatusCode,
		Replayed:   reply.Header.Get("Idempotency-Replayed") == "true",
		Body:       string(raw),
	}
	var body responseBody
	if err := json.Unmarshal(raw, &body); err != nil {
		return Response{}, fmt.Errorf("%v: %d %s: %v", r, reply.StatusCode, raw, err)
	}
	switch reply.StatusCode {
	case 200, 201:
		switch {
		case r.Kind != find:
			response.Record = body.record()
			if etag := fmt.Sprintf("%q", fmt.Sprint(body.Version)); reply.Header.Get("ETag") != etag {
				return Response{}, fmt.Errorf("%v: ETag %s for %s", r, reply.Header.Get("ETag"), raw)
			}
		case len(body.Users) == 1:
			response.Record = body.Users[0].record()
		case len(body.Users) > 1:
			return Response{}, fmt.Errorf("%v: several users have the handle: %s", r, raw)
		}
	case 409:
		response.ConflictReason = body.Details.Reason
	case 412:
		response.CurrentVersion = body.Details.CurrentVersion
	case 404:
	default:
		return Response{}, fmt.Errorf("%v: %d %s", r, reply.StatusCode, raw)
	}
	return response, nil
}
