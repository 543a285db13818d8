// The command to try the pages with, which an app doesn't need.
#include <iostream>

#include "kami.hpp"

using kami::json;
using std::string;

static string span(double seconds) { // for people, rounded up: "90 min"
    const auto size = seconds >= 172800 ? 86400 : seconds >= 7200 ? 3600 : seconds >= 120 ? 60 : 1;
    const auto unit = size == 86400 ? " d" : size == 3600 ? " h" : size == 60 ? " min" : " s";
    return std::to_string((long(seconds) + size - 1) / size) + unit;
}

static string with(const string& before, const json& said, const char* name, const string& behind = "") {
    const auto value = said.is_object() ? said.value(name, json()) : json();
    return value.is_null() ? "" : before + (value.is_string() ? value.get<string>() : value.dump()) + behind;
}

static string done(const string& what, const json& said) { // what there is to say of what was granted
    if (what == "--trial") return said.at("code");
    if (what == "--recharge") return "topped up";
    if (what == "--release") return said.value("released", false) ? "released" : "nothing to release";
    if (what != "--unbind") return said.value("message", "");
    const auto cost = said.value("cost", json());
    const auto seconds = cost.is_object() ? cost.value("seconds", 0.) : 0;
    return (said.value("unbound", false) ? "unbound" : "nothing left to unbind") +
           with(", ", said, "remaining_unbinds", " more within 30 days") +
           (seconds > 0 ? ", paid " + span(seconds) : "") + with(", paid ", cost, "points", " points");
}

int main(int count, char** arguments) {
    const std::vector<string> words(arguments + std::min(count, 1), arguments + count);
    const auto what = words.empty() ? "" : words[0];
    const auto from = [&](size_t first) {
        string text;
        for (auto at = first; at < words.size(); at++) text += (at > first ? " " : "") + words[at];
        return text;
    };
    const auto watched = [](const string& code) { // until the app must not run any more
        std::promise<kami::Answer> last;
        const kami::Watch watch(code, kami::validate(code), [&](kami::Answer answer) { last.set_value(answer); });
        return last.get_future().get();
    };
    const auto answer = what == "--unbind"     ? kami::unbind(from(1))
                        : what == "--release"  ? kami::release(from(1))
                        : what == "--trial"    ? kami::trial()
                        : what == "--recharge" ? kami::recharge(words.size() > 1 ? words[1] : "", from(2))
                        : what == "--licence"  ? kami::keep_licence(words.size() > 1 ? words[1] : "", from(2))
                        : what == "--watch"    ? watched(from(1))
                                               : kami::validate(from(0));
    const auto& said = answer.said;
    auto line = answer.outcome == kami::granted ? done(what, said) : answer.message;
    if (answer.outcome != kami::granted && !said.empty() && answer.wait > 0) line += " (" + span(answer.wait) + ")";
    const auto has = with(", ", said, "expire_at") + with(", ", said, "points", " points");
    if (!has.empty()) line += " (" + has.substr(2) + ")";
    line += with(" ", said, "url") + with(" ", said.value("app", json()), "notice");
    // on one line, without what a terminal obeys
    line = std::regex_replace(line, std::regex("([\\x01-\\x20\\x7f]|\xc2[\x80-\x9f])+"), " ");
    std::cout << line.substr(line.find(' ') == 0) << std::endl;
    return answer.outcome;
}
