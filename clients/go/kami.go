// kami in Go 1.19+, standard library only: paste this, proof.go, lease.go, device.go in, call Validate(code) and so on.
// To try it as a command: go build -o kami *.go && ./kami CODE
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	appName = "my-app"  // your app's own name: it keeps your machine codes apart from other sellers'
	product = "default" // the app in kami that your cards are of
	version = "1.0.0"   // of your app: kami may tell of a newer one, or want one
)

var server = "http://127.0.0.1:5000" // yours, with https
var rootKeys = []string{}            // what `kami keys pin` prints; with none, whoever the address leads to is believed
var wait, timeout = 1.0, 10.0        // seconds

const Granted, Refused, Outage = 0, 1, 2 // done; final, for the reason in Message; nobody could tell

// Answer has in Said the server's: "expire_at" (nil: for ever), "points", "app" with "latest", "minimum", "url",
// "notice", "values" as far as your app in kami says them, "url" of a newer version than one refused; see openapi.yaml.
type Answer struct {
	Outcome         int
	Message         string
	Said            object
	Wait            int     // the server's wish, in seconds
	lasts, askAfter float64 // for how many seconds a program that runs may rely on it, and when it had best ask again
}
type object = map[string]any
type fields = map[string]string

// MachineCode is the same at every start and another on every machine; hashed, so it tells no more.
func MachineCode() string {
	pattern := regexp.MustCompile(`(?:^|REG_SZ +|"IOPlatformUUID" = ")([0-9A-Fa-f-]{32,36})\b`)
	for _, source := range [][]string{{"/etc/machine-id"}, {"/var/lib/dbus/machine-id"},
		{"reg", "query", `HKLM\SOFTWARE\Microsoft\Cryptography`, "/v", "MachineGuid", "/reg:64"},
		{"ioreg", "-rd1", "-c", "IOPlatformExpertDevice"}, {filepath.Join(folder(), "machine-id")}} {
		text, _ := os.ReadFile(source[0])
		if len(source) > 1 {
			text, _ = exec.Command(source[0], source[1:]...).Output()
		}
		if found := pattern.FindSubmatch(text); found != nil {
			return fmt.Sprintf("%x", hash(appName+":"+string(found[1])))
		}
	}
	write("machine-id", fmt.Sprintf("%x", random(16))) // a container, perhaps: make an id once and keep it
	return MachineCode()
}

func ask(what string, tries int, seconds float64, asked fields) (answer Answer) {
	for try := 1; ; try++ {
		answer = askOnce(what, seconds, asked)
		if answer.Said["reason"] == "signature_expired" { // its proof told the moment to sign at
			answer = askOnce(what, seconds, asked)
		}
		if answer.Outcome != Outage {
			return answer
		} else if try == tries {
			answer.Message = "no usable answer from the licence server: " + answer.Message
			return answer
		} // the server's own wish counts, within limits; jitter spreads a crowd out
		pause := math.Max(math.Ldexp(wait, try-1), math.Min(float64(answer.Wait), wait*10))
		time.Sleep(duration(pause * (1 + float64(random(1)[0])/512)))
	}
}

func askOnce(what string, seconds float64, asked fields) (answer Answer) {
	answer.Outcome = Outage
	defer func() {
		if err := recover(); err != nil && answer.Message == "" { // whatever it was, nobody said yes or no
			answer.Message = fmt.Sprint(err)
		}
	}()
	asked["machine_code"], asked["app"] = MachineCode(), product
	delete(asked, "device") // that of the try before
	if len(rootKeys) > 0 {
		asked["nonce"] = encode(random(32))
	}
	body, client := must(json.Marshal(asked)), http.Client{Timeout: duration(seconds)}
	request := must(http.NewRequest("POST", strings.TrimRight(server, "/")+"/api/"+what, bytes.NewReader(body)))
	request.Header.Set("Content-Type", "application/json")
	sign(request.Header, what, asked, string(body))
	reply := must(client.Do(request))
	defer reply.Body.Close()
	status, after := reply.StatusCode, reply.Header.Get("Retry-After")
	answer.Message = fmt.Sprint("HTTP ", status)
	if wish, err := strconv.ParseUint(after, 10, 31); err == nil {
		answer.Wait = int(wish)
	}
	said := parse[object](must(io.ReadAll(io.LimitReader(reply.Body, 1<<18)))) // a captive portal's page fails here
	at := float64(time.Now().Unix())
	until := at + 3600
	if len(rootKeys) > 0 {
		answer.Message += ", no proof"
		said, at, until = proven(said, what, asked, string(body), status)
		answer.Message = fmt.Sprint("HTTP ", status)
	}
	message, isTold := said["message"].(string)
	if status == 200 && said["status"] == "success" {
		return granted(said, at, until)
	} else if status/100 == 4 && said["status"] == "error" && isTold {
		answer.Message, answer.Said = message, said
		if status != 408 && status != 429 {
			answer.Outcome = Refused
		}
	}
	return answer
}

// Validate asks whether this machine may use the card, at each start.
func Validate(code string) Answer {
	answer := ask("validate", 4, timeout, fields{"code": code, "version": version})
	if answer.Outcome == Outage && len(rootKeys) > 0 {
		return start(code, answer)
	}
	return answer
}

// Unbind is for another machine; three tries are within the minute in which a repeated one costs nothing.
func Unbind(code string) Answer { return ask("unbind", 3, timeout, fields{"code": code}) }

// Release gives a leased seat back at the end of an app.
func Release(code string) Answer { return ask("release", 1, 2, fields{"code": code}) }

// Trial is one for each machine; keep the "code", and validate that from then on.
func Trial() Answer { return ask("trial", 4, timeout, fields{"version": version}) }

// Recharge adds to the card what another one has, which is gone then.
func Recharge(code, burnt string) Answer {
	return ask("recharge", 4, timeout, fields{"code": code, "with": burnt})
}
