// kami in C++17 with libcurl, OpenSSL, nlohmann/json: paste this and the other .hpp in, and call kami::validate(code)
// and the like off the UI thread. As a command: c++ -std=c++17 -o kami main.cpp -lcurl -lcrypto && ./kami CODE
#pragma once
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <curl/curl.h>

namespace kami {
const std::string APP = "my-app"; // your app's own name: it keeps your machine codes apart from other sellers'
const std::string PRODUCT = "default"; // the app in kami that your cards are of
const std::string VERSION = "1.0.0"; // of your app: kami may tell of a newer one, or want one
const std::string SERVER = "http://127.0.0.1:5000"; // yours, with https
const std::vector<std::string> ROOT_KEYS = {}; // what `kami keys pin` prints; with none, any server is believed
const double WAIT = 1, TIMEOUT = 10; // seconds
} // namespace kami

#include "lease.hpp"

namespace kami {
enum Outcome { granted, refused, outage }; // done; final, for the reason in message; nobody could tell
struct Answer {
    Outcome outcome = outage;
    string message;
    // The server's: "expire_at" (null: for ever), "points", "app": {"latest", "minimum", "url", "notice", "values"} as
    // far as your app in kami says them, "url" of a newer version than one that is refused; see openapi.yaml.
    json said = json::object();
    double wait = 0, lasts = 0, ask_after = 0; // seconds: to wait, as the server says; see watch, to rely on it
};

inline Answer grant(const json& said, double at, double until) { // said at that moment, good until the other
    const auto from = [&](const char* name) { return seconds_from(at, said.value(name, ""), until - at); };
    Answer answer{granted, said.value("message", ""), said};
    answer.lasts = std::min({3600., until - at, from("lease_until")});
    answer.ask_after = std::min(answer.lasts / 2, std::max(from("renew_after"), WAIT));
    return answer;
}

inline Answer ask_once(const string& what, double seconds, json asked) {
    Answer answer;
    try {
        asked["machine_code"] = machine_code(), asked["app"] = PRODUCT;
        if (!ROOT_KEYS.empty()) asked["nonce"] = encode(random(32));
        const auto url = SERVER.substr(0, SERVER.find_last_not_of('/') + 1) + "/api/" + what, body = asked.dump();
        const std::shared_ptr<CURL> curl(curl_easy_init(), curl_easy_cleanup);
        auto fields = curl_slist_append(nullptr, "Content-Type: application/json");
        if (const auto header = signed_header(what, asked, body); !header.empty())
            fields = curl_slist_append(fields, header.c_str());
        const std::shared_ptr<curl_slist> headers(fields, curl_slist_free_all);
        string text;
        const auto more = +[](char* part, size_t, size_t size, string* all) {
            return all->append(part, size).size() < 1 << 18 ? size : 0;
        };
        curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
        curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, fields);
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
        curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, long(seconds * 1000));
        curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, more);
        curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &text);
        const auto failed = curl_easy_perform(curl.get());
        need(!failed, curl_easy_strerror(failed));
        long status = 0;
        curl_off_t wait = 0;
        curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(curl.get(), CURLINFO_RETRY_AFTER, &wait);
        const auto http = "HTTP " + std::to_string(status);
        answer.message = http, answer.wait = double(wait);
        auto said = parse(text); // a captive portal's page fails here
        auto at = clock(), until = at + 3600;
        if (!ROOT_KEYS.empty()) {
            answer.message += ", no proof";
            const auto says = proven(said, what, asked, body, status);
            said = says["answer"], at = says["iat"], until = says["exp"], answer.message = http;
        }
        if (status == 200 && said.at("status") == "success") return grant(said, at, until);
        if (status / 100 == 4 && said.at("status") == "error") {
            answer.message = said.at("message"), answer.said = said;
            if (status != 408 && status != 429) answer.outcome = refused;
        }
    } catch (const std::exception& error) { // whatever it was, nobody said yes or no
        if (answer.message.empty()) answer.message = error.what();
    }
    return answer;
}

inline Answer ask(const string& what, int tries, double seconds, const json& asked) {
    for (int attempt = 1;; attempt++) {
        auto answer = ask_once(what, seconds, asked);
        if (answer.said.value("reason", json()) == "signature_expired") // its proof told the moment to sign at
            answer = ask_once(what, seconds, asked);
        if (answer.outcome == outage && attempt == tries)
            answer.message = "no usable answer from the licence server: " + answer.message;
        if (answer.outcome != outage || attempt == tries) return answer;
        // The server's own wish counts, within limits; jitter spreads a crowd out.
        const auto pause = std::max(std::ldexp(WAIT, attempt - 1), std::min(answer.wait, WAIT * 10));
        std::this_thread::sleep_for(std::chrono::duration<double>(pause * (1 + *bytes(random(1)) / 512.)));
    }
}

inline Answer validate(const string& code, int tries = 4) {
    const auto answer = ask("validate", tries, TIMEOUT, {{"code", code}, {"version", VERSION}});
    if (answer.outcome == outage && !ROOT_KEYS.empty()) try {
        const auto says = start(code);
        return grant(says["answer"], clock(), says["offline_until"]);
    } catch (const std::exception&) {} // it has no lease and no licence, or none that lets it start now
    return answer;
}
// Puts a licence file where validate finds it without a network, if it is one of this card for this machine.
inline Answer keep_licence(const string& path, const string& code) try {
    const auto text = read(path);
    const auto says = start_by(check_licence, text, code);
    write("licence.txt", text);
    return grant(says["answer"], clock(), says["offline_until"]);
} catch (const std::exception&) {
    return {refused, "no licence of this card for this machine"};
}
// For another machine; three tries are within the minute in which a repeated one costs nothing.
inline Answer unbind(const string& code) { return ask("unbind", 3, TIMEOUT, {{"code", code}}); }
// One for each machine: keep its "code", and validate that from then on.
inline Answer trial() { return ask("trial", 4, TIMEOUT, {{"version", VERSION}}); }
// Adds to the card what another one has, which is gone then.
inline Answer recharge(const string& code, const string& burnt) {
    return ask("recharge", 4, TIMEOUT, {{"code", code}, {"with", burnt}});
}
// Gives a leased seat back, at the end of an app.
inline Answer release(const string& code) { return ask("release", 1, 2, {{"code", code}}); }

class Watch { // asks again as long as it is there; stop gets, in a thread, the answer with which the app has to end
    std::promise<void> end;
    std::thread thread;

public:
    Watch(const string& code, Answer answer, std::function<void(Answer)> stop)
        : thread([=, ended = end.get_future()]() mutable {
              for (double until = 0; answer.outcome != refused; answer = validate(code, 1)) {
                  auto pause = (until - passed()) / 2;
                  if (answer.outcome == granted) until = passed() + answer.lasts, pause = answer.ask_after;
                  else if (pause <= 0) break;
                  const auto time = std::chrono::duration<double>(std::max(pause, WAIT));
                  if (ended.wait_for(time) == std::future_status::ready) return;
              }
              stop(answer);
          }) {}
    ~Watch() { end.set_value(), thread.join(); }
};
} // namespace kami
