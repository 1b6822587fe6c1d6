package linearizability

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// server is one usersd that is started repeatedly with the same command line.
type server struct {
	fleet       *fleet
	binary      string
	arguments   []string
	environment []string // in addition to ours
	log         string
	data        string // the data directory, if it has one

	current    *process // the newest process; nil before the first start
	startTimes []time.Duration
}

// add adds a server to the fleet. Its files are in `folder`.
func (f *fleet) add(binary, folder string, arguments ...string) (*server, error) {
	principals := filepath.Join(folder, "principals.json")
	content := fmt.Sprintf(`{"version": 1, "principals": [{"arn": "arn:aws:iam::123456789012:user/tester",
		"accessKeys": [{"accessKeyId": %q, "secretAccessKey": %q}],
		"policy": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "execute-api:Invoke",
			"Resource": "*"}}}]}`, accessKeyID, secretAccessKey)
	s := &server{fleet: f, binary: binary, log: filepath.Join(folder, fmt.Sprintf("server-%d.log", len(f.servers)+1))}
	s.arguments = append([]string{"serve", "--principals", principals, "--listen", "127.0.0.1:0",
		"--throttle-rate", "0", "--log-level", "error"}, arguments...)
	f.servers = append(f.servers, s)
	return s, os.WriteFile(principals, []byte(content), 0o600)
}

// addLocal adds a server with its own data directory to the fleet.
func (f *fleet) addLocal(binary, folder string) error {
	data := filepath.Join(folder, "data")
	s, err := f.add(binary, folder, "--data", data)
	s.data = data
	return err
}

// start returns when the server is ready.
func (s *server) start() error {
	for {
		began := time.Now()
		p, err := s.launch()
		if err != nil {
			return s.fleet.fail(err)
		}
		if s.fleet.isNew(p.url) {
			s.startTimes = append(s.startTimes, time.Since(began))
			s.fleet.mutex.Lock()
			s.current = p
			s.fleet.started.Broadcast()
			s.fleet.mutex.Unlock()
			return nil
		}
		s.fleet.end(p, syscall.SIGTERM)
	}
}

func (s *server) launch() (*process, error) {
	command := exec.Command(s.binary, s.arguments...)
	command.Env = append(os.Environ(), s.environment...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p, err := launch(command, s.log)
	if err != nil {
		return nil, err
	}
	hurry := time.AfterFunc(patience, func() { command.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	hurry.Stop()
	var ready struct{ Address string }
	if err != nil || json.Unmarshal(line, &ready) != nil {
		command.Process.Kill()
		command.Wait()
		return nil, errors.New("usersd did not start: " + p.logTail())
	}
	p.url = "http://" + ready.Address
	if s.fleet.engine != nil {
		p.store = s.fleet.engine
	}
	go s.fleet.watch(p)
	return p, nil
}

func (s *server) kill() {
	if s.current != nil {
		s.fleet.end(s.current, syscall.SIGKILL)
	}
}

// stop ends the server as an operator does, and checks the store with usersd.
func (s *server) stop() error {
	if err := s.fleet.end(s.current, syscall.SIGTERM); err != nil {
		return fmt.Errorf("usersd ended with %v: %s", err, s.current.logTail())
	}
	if s.data == "" {
		return nil
	}
	if out, err := exec.Command(s.binary, "check", "--data", s.data).CombinedOutput(); err != nil {
		return fmt.Errorf("usersd check: %v: %s", err, out)
	}
	return nil
}
