// kami in C# 6+ (.NET, .NET Framework 4.6+, mono), no packages. Paste it in and await Kami.Validate(code) and the like.
// Command: mcs -r:System.Net.Http -r:System.Runtime.Serialization Kami.cs && mono Kami.exe CODE
using System; using System.Collections.Generic; using System.Diagnostics; using System.IO; using System.Linq;
using System.Net.Http; using System.Runtime.Serialization.Json; using System.Security.Cryptography; using System.Text;
using System.Text.RegularExpressions; using System.Threading; using System.Threading.Tasks;

public enum Outcome { Granted, Refused, Outage } // done, as message says; final; nobody could tell
// What the server says, as far as it does: see openapi.yaml. No expire_at: for ever. app: what your app in kami says.
// url: where to get a newer version than one that is refused.
public class Answer {
    public string status, message, expire_at, url, code;
    public Told app;
    public Outcome outcome;
    public long? points, remaining_unbinds;
    public bool unbound;
    public Cost cost;
}
public class Cost { public long? seconds, points; }
public class Told { public string latest, minimum, url, notice; public Dictionary<string, string> values; }
public static class Kami {
    const string App = "my-app"; // your app's own name: it keeps your machine codes apart from other sellers'
    const string Product = "default"; // the app in kami that your cards are of
    const string Version = "1.0.0"; // of your app: kami may tell of a newer one, or want one
    const string Server = "http://127.0.0.1:5000"; // yours, with https
    const double Wait = 1, Timeout = 10; // seconds
    static readonly HttpClient Http = new HttpClient { Timeout = TimeSpan.FromSeconds(Timeout) };

    static string Run(string command, string arguments) =>
        Process.Start(new ProcessStartInfo(command, arguments) { UseShellExecute = false,
            CreateNoWindow = true, RedirectStandardOutput = true }).StandardOutput.ReadToEnd();
    public static string MachineCode() { // the same at every start, another on every machine; hashed: tells no more
        var own = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData,
            Environment.SpecialFolderOption.DoNotVerify), App, "machine-id");
        foreach (var read in new Func<string>[] {
            () => File.ReadAllText("/etc/machine-id"), () => File.ReadAllText("/var/lib/dbus/machine-id"),
            () => Run("reg", @"query HKLM\SOFTWARE\Microsoft\Cryptography /v MachineGuid /reg:64"),
            () => Run("ioreg", "-rd1 -c IOPlatformExpertDevice"), () => File.ReadAllText(own) }) try {
            var found = Regex.Match(read(), @"(?:^|REG_SZ +|""IOPlatformUUID"" = "")([0-9A-Fa-f-]{32,36})\b");
            var hash = SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes(App + ":" + found.Groups[1]));
            if (found.Success) return BitConverter.ToString(hash).Replace("-", "").ToLowerInvariant();
        } catch (Exception) { } // not here: try the next
        Directory.CreateDirectory(Path.GetDirectoryName(own)); // a container, perhaps: make an id once and keep it
        File.WriteAllText(own, Guid.NewGuid().ToString());
        return MachineCode();
    }
    static string Json(string s) => '"' + Regex.Replace(s, @"[""\\\x00-\x1f]", c => $"\\u{(int)c.Value[0]:x4}") + '"';
    static string Span(double seconds) { // for people, rounded up: "90 min"
        var size = seconds >= 172800 ? 86400 : seconds >= 7200 ? 3600 : seconds >= 120 ? 60 : 1;
        return Math.Ceiling(seconds / size) + (size == 86400 ? " d" : size == 3600 ? " h" : size == 60 ? " min" : " s");
    }
    static async Task<Answer> Ask(string what, string fields, int tries = 4) {
        var why = "";
        for (var attempt = 0; attempt < tries; attempt++) {
            double asked = 0; why = "";
            try {
                var body = $"{{\"machine_code\":{Json(MachineCode())},\"app\":{Json(Product)},{fields}}}";
                var reply = await Http.PostAsync(Server.TrimEnd('/') + "/api/" + what,
                    new StringContent(body, Encoding.UTF8, "application/json")).ConfigureAwait(false);
                var status = (int)reply.StatusCode;
                why = "HTTP " + status;
                asked = reply.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0;
                var settings = new DataContractJsonSerializerSettings { UseSimpleDictionaryFormat = true };
                var answer = (Answer)new DataContractJsonSerializer(typeof(Answer), settings).ReadObject(
                    await reply.Content.ReadAsStreamAsync().ConfigureAwait(false)); // a captive portal's page throws
                answer.outcome = status == 200 ? Outcome.Granted : Outcome.Refused;
                if (status == 200 && answer.status == "success") return answer;
                if (status / 100 == 4 && answer.status == "error") {
                    why = answer.message += asked > 0 ? $" ({Span(asked)})" : "";
                    if (status != 408 && status != 429) return answer;
                }
            } catch (Exception error) { // whatever it was, nobody said yes or no
                if (why == "") why = (error.InnerException ?? error).Message;
            }
            var pause = Math.Max(Wait * Math.Pow(2, attempt), Math.Min(asked, Wait * 10)); // the server's wish, capped
            pause *= 1 + new Random().NextDouble() / 2; // jitter spreads a crowd out
            if (attempt + 1 < tries) await Task.Delay(TimeSpan.FromSeconds(pause)).ConfigureAwait(false);
        }
        return new Answer { outcome = Outcome.Outage, message = $"no usable answer from the licence server: {why}" };
    }
    public static Task<Answer> Validate(string code) =>
        Ask("validate", $"\"code\":{Json(code)},\"version\":{Json(Version)}");
    // For another machine. Three tries are within the minute in which none pays twice.
    public static async Task<Answer> Unbind(string code) {
        var answer = await Ask("unbind", $"\"code\":{Json(code)}", 3).ConfigureAwait(false);
        if (answer.outcome != Outcome.Granted) return answer;
        answer.message = answer.unbound ? "unbound" : "nothing left to unbind";
        if (answer.remaining_unbinds != null) answer.message += $", {answer.remaining_unbinds} more within 30 days";
        if (answer.cost?.seconds != null) answer.message += $", paid {Span(answer.cost.seconds.Value)}";
        if (answer.cost?.points != null) answer.message += $", paid {answer.cost.points} points";
        return answer;
    }
    public static async Task<Answer> Trial() { // one for each machine; keep the code, and validate that from then on
        var answer = await Ask("trial", $"\"version\":{Json(Version)}").ConfigureAwait(false);
        if (answer.outcome == Outcome.Granted) answer.message = answer.code;
        return answer;
    }
    public static async Task<Answer> Recharge(string code, string burnt) { // what that one has is added, and it is gone
        var answer = await Ask("recharge", $"\"code\":{Json(code)},\"with\":{Json(burnt)}").ConfigureAwait(false);
        if (answer.outcome == Outcome.Granted) answer.message = "topped up";
        return answer;
    }
    public static void Main(string[] args) { // as a command
        Console.OutputEncoding = new UTF8Encoding(false);
        var what = args.FirstOrDefault();
        Func<int, string> from = skipped => string.Join(" ", args.Skip(skipped));
        var answer = (what == "--unbind" ? Unbind(from(1)) : what == "--trial" ? Trial()
            : what == "--recharge" ? Recharge(args.ElementAtOrDefault(1) ?? "", from(2)) : Validate(from(0))).Result;
        var has = string.Join(", ", new[] { answer.expire_at,
            answer.points == null ? null : $"{answer.points} points" }.Where(part => part != null));
        var parts = new[] { answer.message, has == "" ? null : $"({has})", answer.url, answer.app?.notice };
        var line = string.Join(" ", parts.Where(part => part != null));
        Console.WriteLine(Regex.Replace(line, @"[\s\p{Cc}]+", " ")); // no Cc: terminals obey it
        for (int idle = 0, most = 1, io; idle < most; Thread.Yield()) { // mono hangs if its pool is at work at the end
            ThreadPool.GetMaxThreads(out most, out io);
            ThreadPool.GetAvailableThreads(out idle, out io);
        }
        Environment.Exit((int)answer.outcome); // by return it hangs now and then even so
    }
}
