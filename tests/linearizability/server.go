package linearizability

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const startTime = 60 * time.Second

// process is one run of usersd, from its start to its end.
type process struct {
	url    string
	number int           // 1 is the first on this data directory
	ended  chan struct{} // closed when the process is gone
	endAt  int64         // when that was seen; read it after `ended`

	command  *exec.Cmd
	expected bool // its end was ordered
	exit     error
}

// server is usersd on one data directory. Safe for concurrent use, but only one caller may start and stop it.
type server struct {
	binary    string
	directory string
	now       func() int64

	mutex      sync.Mutex
	started    *sync.Cond
	current    *process // nil while none is running
	ports      map[string]bool
	startTimes []time.Duration
	failure    error // why no process will follow
}

func newServer(binary, directory string, now func() int64) (*server, error) {
	s := &server{binary: binary, directory: directory, now: now, ports: map[string]bool{}}
	s.started = sync.NewCond(&s.mutex)
	principals := fmt.Sprintf(`{"version": 1, "principals": [{"arn": "arn:aws:iam::123456789012:user/tester",
		"accessKeys": [{"accessKeyId": %q, "secretAccessKey": %q}],
		"policy": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "execute-api:Invoke",
			"Resource": "*"}}}]}`, accessKeyID, secretAccessKey)
	return s, os.WriteFile(s.principals(), []byte(principals), 0o600)
}

func (s *server) principals() string { return filepath.Join(s.directory, "principals.json") }
func (s *server) data() string       { return filepath.Join(s.directory, "data") }
func (s *server) log() string        { return filepath.Join(s.directory, "stderr") }

// start returns when the server is ready.
func (s *server) start() error {
	for {
		began := time.Now()
		p, err := s.launch()
		if err != nil {
			return s.fail(err)
		}
		s.mutex.Lock()
		// No port is used twice, so that no request for a process that is gone can reach its successor.
		if !s.ports[p.url] {
			s.ports[p.url] = true
			s.startTimes = append(s.startTimes, time.Since(began))
			p.number = len(s.startTimes)
			s.current = p
			s.started.Broadcast()
			s.mutex.Unlock()
			return nil
		}
		s.mutex.Unlock()
		s.end(p, syscall.SIGTERM)
	}
}

func (s *server) launch() (*process, error) {
	stderr, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	p := &process{ended: make(chan struct{})}
	p.command = exec.Command(s.binary, "serve", "--data", s.data(), "--principals", s.principals(),
		"--listen", "127.0.0.1:0", "--throttle-rate", "0", "--log-level", "error")
	p.command.Stderr = stderr
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	hurry := time.AfterFunc(startTime, func() { p.command.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	hurry.Stop()
	var ready struct{ Address string }
	if err != nil || json.Unmarshal(line, &ready) != nil {
		p.command.Process.Kill()
		p.command.Wait()
		return nil, errors.New("usersd did not start: " + s.logTail())
	}
	p.url = "http://" + ready.Address
	go s.watch(p)
	return p, nil
}

// watch sees the process end.
func (s *server) watch(p *process) {
	err := p.command.Wait()
	s.mutex.Lock()
	p.exit = err
	p.endAt = s.now()
	expected := p.expected
	if s.current == p {
		s.current = nil
	}
	s.mutex.Unlock()
	if !expected {
		s.fail(fmt.Errorf("usersd ended by itself (%v): %s", err, s.logTail()))
	}
	close(p.ended)
}

// end sends the signal and waits until the process is gone.
func (s *server) end(p *process, signal os.Signal) error {
	s.mutex.Lock()
	p.expected = true
	s.mutex.Unlock()
	p.command.Process.Signal(signal)
	<-p.ended
	return p.exit
}

func (s *server) kill() {
	if p := s.running(); p != nil {
		s.end(p, syscall.SIGKILL)
	}
}

// stop ends the server as an operator does, and lets usersd check what it left.
func (s *server) stop() error {
	p := s.running()
	if p == nil {
		return s.fail(errors.New("no process is running"))
	}
	if err := s.end(p, syscall.SIGTERM); err != nil {
		return fmt.Errorf("usersd ended with %v: %s", err, s.logTail())
	}
	if out, err := exec.Command(s.binary, "check", "--data", s.data()).CombinedOutput(); err != nil {
		return fmt.Errorf("usersd check: %v: %s", err, out)
	}
	return nil
}

func (s *server) running() *process {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.current
}

// after waits for a process that is newer than `number` and returns it, or why there will be none.
func (s *server) after(number int) (*process, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for s.failure == nil && (s.current == nil || s.current.number <= number) {
		s.started.Wait()
	}
	return s.current, s.failure
}

// fail ends all waits; the first reason stays.
func (s *server) fail(err error) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.failure == nil {
		s.failure = err
	}
	s.started.Broadcast()
	return s.failure
}

func (s *server) logTail() string {
	text, _ := os.ReadFile(s.log())
	if len(text) > 4000 {
		text = text[len(text)-4000:]
	}
	return string(text)
}
