// Checks what each line of its input says, and prints "yes" with the answer to act upon, or "no".
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

func number(text string) float64 { return must(strconv.ParseFloat(text, 64)) }

func answer(said []string) (found string) {
	defer func() {
		if recover() != nil {
			found = "no"
		}
	}()
	says := object{}
	if said[0] == "signature" {
		need(isSigned(string(decode(said[2])), decode(said[3]), decode(said[1])), "not by this key")
	} else if rootKeys = strings.Fields(said[1]); said[0] == "lease" || said[0] == "licence" {
		asked := fields{"app": said[2], "code": said[3], "machine_code": said[4], "device": said[8]}
		check, text := checkLease, said[5]
		if said[0] == "licence" {
			check, text = checkLicence, string(decode(text))
		}
		says = check(text, asked, number(said[6]), number(said[7])).Answer
	} else {
		asked := fields{"app": said[2], "nonce": said[4], "code": said[5], "machine_code": said[6], "device": said[12]}
		body, status, moment := parse[object]([]byte(said[9])), int(number(said[8])), math.Max(number(said[10]), number(said[11]))
		says = check(body, strings.TrimPrefix(said[3], "POST /api/"), asked, said[7], status, moment).Answer
	}
	return "yes " + string(must(json.Marshal(says)))
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		fmt.Println(answer(strings.Split(lines.Text(), "\x1f")))
	}
}
