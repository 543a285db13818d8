// The command to try the pages with, which an app doesn't need.
package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
)

func span(seconds any) any { // for people, rounded up: "90 min"
	number := 0
	if fmt.Sscan(fmt.Sprint(seconds), &number); number == 0 {
		return nil
	}
	for i, size := range []int{86400, 3600, 60} {
		if number >= 2*size {
			return fmt.Sprint((number+size-1)/size, []string{" d", " h", " min"}[i])
		}
	}
	return fmt.Sprint(number, " s")
}

func with(format string, value any) string { // nothing, where there is none
	if value == nil {
		return ""
	}
	return fmt.Sprintf(format, value)
}

func done(what string, said object) string { // what there is to say of what was granted
	cost, _ := said["cost"].(object)
	switch what {
	case "--unbind":
		return map[bool]string{true: "unbound", false: "nothing left to unbind"}[said["unbound"] == true] +
			with(", %v more within 30 days", said["remaining_unbinds"]) +
			with(", paid %v", span(cost["seconds"])) + with(", paid %v points", cost["points"])
	case "--release":
		return map[bool]string{true: "released", false: "nothing to release"}[said["released"] == true]
	case "--trial":
		return with("%v", said["code"])
	case "--recharge":
		return "topped up"
	}
	return with("%v", said["message"])
}

func main() {
	var answer Answer
	line := strings.Join(os.Args[1:], " ")
	what, rest, _ := strings.Cut(line, " ")
	switch what {
	case "--unbind":
		answer = Unbind(rest)
	case "--release":
		answer = Release(rest)
	case "--trial":
		answer = Trial()
	case "--recharge":
		code, burnt, _ := strings.Cut(rest, " ")
		answer = Recharge(code, burnt)
	case "--licence":
		file, code, _ := strings.Cut(rest, " ")
		answer = KeepLicence(file, code)
	case "--watch": // runs until it must not any more
		answers := make(chan Answer)
		Watch(context.Background(), rest, Validate(rest), func(answer Answer) { answers <- answer })
		answer = <-answers
	default:
		answer = Validate(line)
	}
	if line = answer.Message; answer.Outcome == Granted {
		line = done(what, answer.Said)
	} else if answer.Said != nil {
		line += with(" (%v)", span(answer.Wait))
	}
	if has := with(", %v", answer.Said["expire_at"]) + with(", %v points", answer.Said["points"]); has != "" {
		line += " (" + has[2:] + ")"
	}
	app, _ := answer.Said["app"].(object)
	line += with(" %v", answer.Said["url"]) + with(" %v", app["notice"])
	// on one line, without what a terminal obeys
	fmt.Println(strings.TrimSpace(regexp.MustCompile(`[\s\p{Cc}]+`).ReplaceAllString(line, " ")))
	os.Exit(answer.Outcome)
}
