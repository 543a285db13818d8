# JSON in POSIX shell: kami.sh reads this.
# shellcheck shell=sh

members() { # of JSON: a line each, with the names as they are written, and its value; fails if there are two of a name
  LC_ALL=C awk '
    function space() { sub(/^[ \t\r\n]+/, "", text) }
    function first(  c) { space(); c = substr(text, 1, 1); text = substr(text, 2); return c }
    function take(pattern) {
      if (!match(text, pattern)) exit 1
      taken = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
    }
    function value(path,  open, close_, name, n, c) {
      space()
      if (text !~ /^[{[]/) { take(scalar); print path " " taken; return }
      open = first(); close_ = open == "{" ? "}" : "]"; space()
      if (substr(text, 1, 1) == close_) { first(); print path " " open; return }
      do {
        name = "[" n++ "]"
        if (open == "{") { space(); take(string); name = taken; if (first() != ":") exit 1 }
        if ((path name) in seen) exit 1
        seen[path name]; value(path name); c = first()
      } while (c == ",")
      if (c != close_) exit 1
    }
    BEGIN {
      string = "^\"([^\"\\\\\001-\037]|\\\\[\"\\\\/bfnrtu])*\""
      scalar = string "|^-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?|^true|^false|^null"
    }
    { text = text $0 "\n" }
    END { value(""); space(); if (text != "") exit 1 }'
}

newline='
'
pick() { # LINES NAMES: puts the value of that member, of the lines of members, into found; fails where there is none
  found='' pick_ifs=$IFS IFS=$newline
  set -f # a shell cuts a long text in two by trying each length: so it takes a line at a time
  for pick_line in $1; do
    case $pick_line in "$2 "*) found=${pick_line#"$2 "} && break ;; esac
  done
  set +f
  IFS=$pick_ifs
  [ -n "$found" ]
}

is() { # LINES NAMES VALUE
  pick "$1" "$2" && [ "$found" = "$3" ]
}

plain() { # VALUE: the text of a string without escapes
  set -- "${1#\"}"
  printf %s "${1%\"}"
}

text() { # of a string of JSON; nothing of any other value
  LC_ALL=C awk '/^"/ {
    for (left = substr($0, 2, length($0) - 2); i = index(left, "\\"); left = substr(left, i + n)) {
      c = substr(left, i + 1, 1); code = 0
      if (n = c == "u" ? 6 : 2) for (d = 2; d < n; d++)
        code = code * 16 + index("123456789abcdef", tolower(substr(left, i + d, 1)))
      if (code > 0 && code < 128) c = sprintf("%c", code)
      else if (c == "u") c = substr(left, i, 6)
      else if (at = index("nrtbf", c)) c = substr("\n\r\t\b\f", at, 1)
      out = out substr(left, 1, i - 1) c
    }
    printf "%s", out left }'
}
