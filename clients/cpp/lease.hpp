// Starting without a network, by the lease that is kept or by a licence in a file: goes beside kami.hpp.
#pragma once
#include <atomic>
#include <cctype>
#include <chrono>
#include <cmath>
#include <limits>

#include "device.hpp"

namespace kami {
inline double seconds_from(double at, const string& text, double otherwise) { // to 2026-01-01T15:00:00+08:00
    int year, month, day, hour, minute, second, hours, minutes;
    char sign;
    if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d%c%d:%d", &year, &month, &day, &hour, &minute, &second, &sign,
                    &hours, &minutes) != 9)
        return otherwise;
    const auto y = year - (month < 3), m = month + (month < 3 ? 9 : -3); // years that begin with March
    const auto days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719469;
    const auto utc = hour * 60 + minute - (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
    return days * 86400. + utc * 60 + second - at;
}

inline double clock() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return double(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

inline const auto started = clock();
inline const auto since = std::chrono::steady_clock::now();
inline std::atomic<double> told{0}; // when it started, by the newest proof since

inline double passed() { // since it started, whatever is done to the clock meanwhile
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

inline double now() { // a clock that is turned back while it runs goes on nevertheless
    return std::max(clock(), std::floor((told > 0 ? told.load() : started) + passed()));
}

struct Kept {
    string proof;
    double latest = 0, proven = 0; // the latest moment seen, and that a proof told: a clock may have been wrong once
    std::int64_t sequence = 0; // the last that the server told this device

    static Kept load() {
        try {
            const auto kept = parse(read(file("licence.json")));
            return {kept.at("proof"), kept.at("latest"), kept.at("proven"), kept.value("sequence", std::int64_t())};
        } catch (const std::exception&) {
            return {};
        }
    }
    void save() const {
        try {
            const std::int64_t seen = std::llround(latest), told = std::llround(proven);
            const json kept = {{"proof", proof}, {"latest", seen}, {"proven", told}, {"sequence", sequence}};
            write("licence.json", kept.dump());
        } catch (const std::exception&) {
        } // it starts with network only, then
    }
};

inline bool is_of(const string& proof, const json& asked) { // whether a kept proof is about the card of a question
    try {
        const auto says = Jws(proof, "kami-proof+jws").payload;
        return says.at("code") == digest(says.at("nonce"), asked.at("code"));
    } catch (const std::exception&) {
        return false;
    }
}

inline string signed_header(const string& what, json& asked, const string& body) { // by a device, if it has a key
    const auto own = Device::own();
    if (!own) return "";
    const auto moment = std::int64_t(told > 0 ? told + passed() : clock());
    asked["device"] = own->thumbprint();
    return "Kami-Device: " + own->sign("POST /api/" + what, asked.at("nonce"), body, moment, Kept::load().sequence);
}

// What is proven of an answer, which is remembered.
inline json proven(const json& said, const string& what, const json& asked, const string& body, long status) {
    const auto moment = std::max({clock(), Kept::load().proven, told + passed()}); // not by a clock put right since
    const auto says = check(ROOT_KEYS, said, "POST /api/" + what, asked, body, status, moment);
    told = says["iat"].get<double>() - passed();
    auto kept = Kept::load(); // another process may have kept something meanwhile
    const auto& answer = says.at("answer");
    const auto is_unread = status == 408 || status == 429 || answer.value("reason", json()) == "signature_expired";
    const auto is_final = status < 500 && !is_unread;
    const auto is_given_up = answer.value("unbound", false) || answer.value("released", false);
    if (((what == "validate" && is_final) || is_given_up) && is_of(kept.proof, asked))
        kept.proof.clear(); // a mistyped code ends nothing
    if (what == "validate" && says.contains("offline_until")) kept.proof = said["proof"];
    kept.sequence = answer.value("device_sequence", kept.sequence);
    kept.latest = std::max(clock(), says["iat"].get<double>());
    kept.proven = std::max(kept.proven, says["iat"].get<double>());
    kept.save();
    return says;
}

inline json starting(json says, const json& asked, double clock, double latest) { // if it lets this machine start
    agree(says, asked, says.at("nonce"));
    need(!says.contains("device") || says["device"] == asked.value("device", ""), "another device");
    need(says.at("answer").at("status") == "success" && says.value("offline_until", 0.0) > std::max(clock, latest) &&
         clock >= std::max(latest, says.at("iat").get<double>()) - 300, "no lease");
    says["answer"] = restored(says["answer"], json(), "");
    return says;
}

inline json check_lease(const Roots& roots, const string& proof, const json& asked, double clock, double latest) {
    const auto says = opened(roots, Jws(proof, "kami-proof+jws"), asked.at("app"), std::max(clock, latest));
    need(says.at("route") == "POST /api/validate" && says.at("status") == 200, "no validation");
    return starting(says, asked, clock, latest);
}

inline json check_licence(const Roots& roots, const string& file, const json& asked, double clock, double latest) {
    const string before = "-----BEGIN KAMI LICENCE-----", behind = "-----END KAMI LICENCE-----";
    const auto from = file.find(before), to = file.find(behind, from);
    need(from != string::npos && to != string::npos, "no licence file");
    auto text = file.substr(from + before.size(), to - from - before.size());
    text.erase(std::remove_if(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c); }), text.end());
    const Jws licence(text, "kami-licence+jws");
    auto says = licence.payload;
    if (licence.header.contains("crt")) opened(roots, licence, asked.at("app"), std::max(clock, latest));
    else need(licence.header.at("kid") == Device::thumbprint(licence.signer(roots)), "not by a pinned key");
    need(says.at("app") == asked.at("app"), "another app");
    says["offline_until"] = says.contains("exp") ? says["exp"] : json(std::numeric_limits<double>::max());
    return starting(says, asked, clock, latest);
}

template <typename Check> json start_by(Check check, const string& text, const string& code) {
    const auto seen = Kept::load();
    const auto latest = std::max({seen.latest, seen.proven, now()});
    json asked = {{"app", PRODUCT}, {"code", code}, {"machine_code", machine_code()}};
    if (const auto own = Device::own()) asked["device"] = own->thumbprint();
    auto says = check(ROOT_KEYS, text, asked, clock(), latest);
    auto kept = Kept::load();
    kept.latest = latest;
    kept.save();
    says["answer"].erase("renew_after"); // which may be long ago
    return says;
}

inline json start(const string& code) try { // by the kept lease, else by a licence file
    return start_by(check_lease, Kept::load().proof, code);
} catch (const std::exception&) {
    return start_by(check_licence, read(file("licence.txt")), code);
}
} // namespace kami
