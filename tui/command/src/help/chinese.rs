//! The Chinese of the command line's texts, by the English: paragraph by paragraph, or line by line of examples.
//!
//! Nothing here is wrapped but at its line ends, since clap breaks lines at spaces, and Chinese has none.

/// A text in Chinese, if it is known.
pub(super) fn chinese(english: &str) -> Option<&'static str> {
    let known = TEXTS.iter().chain(COMMANDS).chain(ARGUMENTS).chain(VALUES).chain(REASONS);
    known.into_iter().find_map(|(known, chinese)| (*known == english).then_some(*chinese))
}

/// Headings, and what stands under the help.
pub(super) const TEXTS: &[(&str, &str)] = &[
    ("Commands", "命令"),
    ("Arguments", "参数"),
    ("Options", "选项"),
    ("Which cards", "卡密条件"),
    ("Connection", "连接"),
    ("Examples:", "示例："),
    ("Environment:", "环境变量："),
    (
        "  DATABASE_URL       where the cards are: mysql://user:password@host:3306/kamisystem",
        "  DATABASE_URL       数据库地址：mysql://用户:密码@主机:3306/kamisystem",
    ),
    ("  DATABASE_URL_FILE  instead: a file that holds it", "  DATABASE_URL_FILE  或者：保存该地址的文件"),
    (
        "  KAMI_TIMEZONE      the zone in which moments are shown (Asia/Shanghai)",
        "  KAMI_TIMEZONE      显示时间所用的时区（Asia/Shanghai）",
    ),
    ("  NO_COLOR           show no colours", "  NO_COLOR           不显示颜色"),
    ("Exit codes:", "退出码："),
    (
        "  0 done, 1 failed, 2 wrong arguments, 3 not found, 4 refused",
        "  0 完成，1 失败，2 参数有误，3 未找到，4 被拒绝",
    ),
    (
        "  kami grants --for operator --existing li@10.0.0.% | mysql   before an upgrade's programs",
        "  kami grants --for operator --existing li@10.0.0.% | mysql   升级程序之前",
    ),
    (
        "  kami grants --for operator --narrow li@10.0.0.% | mysql     after them",
        "  kami grants --for operator --narrow li@10.0.0.% | mysql     升级程序之后",
    ),
    (
        "  kami grants --for operator --apply li@10.0.0.%              where DATABASE_URL is an administrator's",
        "  kami grants --for operator --apply li@10.0.0.%              DATABASE_URL 为管理员的地址时",
    ),
    (
        "  kami import codes.txt --duration 30d --dry-run   say what each line would do",
        "  kami import codes.txt --duration 30d --dry-run   逐行说明会做什么",
    ),
    ("  kami log 1042           each card of that act", "  kami log 1042           该操作涉及的每张卡"),
    ("  kami migrate --dry-run   show what would be done", "  kami migrate --dry-run   只显示会做什么"),
    ("  kami migrate             do it", "  kami migrate             执行"),
    ("  kami undo        your last act", "  kami undo        您的上一次操作"),
    (
        "  kami undo 1042   the act of this number, as kami log shows it",
        "  kami undo 1042   该编号的操作，编号见 kami log",
    ),
];

/// What the commands do.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("Everything an admin does with cards", "卡密管理：管理员需要的一切"),
    ("Without a command it opens the console.", "不带命令时打开控制台。"),
    ("List cards, newest first", "列出卡密，最新的在前"),
    (
        "Prints a table, or with --json one object a line. Ends with code 3 when no card is found.",
        "输出表格；加 --json 则每行一个对象。没有找到卡密时退出码为 3。",
    ),
    ("Show everything of cards, with what operators did to them", "显示卡密的全部信息和操作记录"),
    ("Make a batch of unused cards and print their codes", "生成一批未使用的卡密并输出"),
    (
        "All of them are made or none; Ctrl-C breaks it off, and then nothing of the batch exists.",
        "要么全部生成，要么一张不生成；按 Ctrl-C 中止后，这一批完全不存在。",
    ),
    ("Change a card's prefix, status, duration or note", "修改一张卡的前缀、状态、时长或备注"),
    (
        "The card stays whole: unused clears its machine and times, active needs --machine and starts its time, expired \
         ends it now, disabled keeps everything. A new prefix changes a code that begins with the old one; any other code \
         stays as it is, and so does one whose prefix is taken away.",
        "卡的各项始终一致：改为 unused 会清除机器码和时间；改为 active 需要 --machine，并开始计时；\n\
         改为 expired 立即到期；改为 disabled 保留一切。更换前缀会改变以原前缀开头的卡密；\n\
         其他卡密不变，去掉前缀时也不变。",
    ),
    ("Disable cards", "禁用卡密"),
    (
        "A disabled card keeps its machine and times; `kami enable` takes it back.",
        "禁用的卡保留机器码和时间，可用 kami enable 恢复。",
    ),
    ("Enable cards that were disabled", "启用已禁用的卡密"),
    (
        "A card becomes what it was before: unused, active or expired.",
        "卡恢复禁用前的状态：未使用、使用中或已过期。",
    ),
    ("Unbind cards from their machines", "解除卡密与机器的绑定"),
    (
        "The next machine that uses a card gets it; its time runs on.",
        "下一台使用该卡的机器将与其绑定，计时不中断。",
    ),
    ("Write a note on cards", "为卡密写备注"),
    (
        "Asks before it overwrites the notes of several cards; without a terminal that needs --yes. `kami undo` brings \
         them back.",
        "覆盖多张卡的备注前会先询问；不在终端中时需要 --yes。可用 kami undo 撤销。",
    ),
    ("Give cards more time", "延长卡密的时间"),
    (
        "An unused card will last so much longer; an expired one starts again from now.",
        "未使用的卡增加时长；已过期的卡从现在起重新计时。",
    ),
    ("Delete cards", "删除卡密"),
    (
        "Asks first; without a terminal it needs --yes. `kami undo` brings them back.",
        "执行前会先询问；不在终端中时需要 --yes。可用 kami undo 撤销。",
    ),
    ("Take an act back, deletions included", "撤销一次操作，包括删除"),
    (
        "Without a number it takes your last act back and says which that is; where cards would be deleted with it, it \
         wants the number, or --yes. Cards that were changed since are refused and stay as they are. A generated or \
         imported batch is deleted, unless one of its cards was used or changed; its undo can be undone by its number, \
         as every other.",
        "不写编号时撤销您的上一次操作，并说明是哪一次；如果会删除卡，则需要写明编号或加 --yes。\n\
         此后又被改动的卡不会撤销，保持原样。生成或导入的批次会被删除，除非其中有卡已被使用或改动；\n\
         撤销本身也可以按编号再撤销。",
    ),
    ("Write cards to a file that only you may read", "将卡密导出到只有您能读取的文件"),
    (
        "Unused cards go to `exports/unused_cards_….txt`, in the form that sellers' tools read, or with --for shop to \
         `exports/shop_unused_cards_….txt`, codes alone. Prints the path of the file, which is never one that was there \
         before. Without a card there is no file, and it ends with code 3.",
        "未使用的卡密写入 exports/unused_cards_….txt，格式与销售工具兼容；--for shop 则写入\n\
         exports/shop_unused_cards_….txt，只有卡密。输出文件路径，从不覆盖已有文件。\n\
         没有卡密时不写文件，退出码为 3。",
    ),
    ("Add cards with codes from a file, all of them or none", "从文件导入卡密，要么全部导入，要么一张不导入"),
    (
        "A text has one code a line, as `kami export` writes them; a CSV table names its columns: code, and if they are \
         there duration, note and prefix, in Chinese or English. A code of any groups is taken whole, also under the prefix \
         that --prefix names: customers type it as it stands in the file. What Excel, WPS and shops write is read: UTF-8, \
         UTF-16 and GBK, with commas, semicolons or tabs; what was guessed is said. A line that is no card, or whose code is \
         there already, is reported, and nothing is imported.",
        "文本每行一个卡密，即 kami export 的格式；CSV 表格要有“卡密”（code）列，可另有时长、备注、前缀列。\n\
         由任意几组字符组成的卡密整个导入，用 --prefix 归入某个前缀时也一样：客户照文件里的原样输入。\n\
         Excel、WPS 和发卡网导出的文件都能读：UTF-8、UTF-16、GBK，逗号、分号或制表符分隔；猜测之处会说明。\n\
         有格式错误或已存在的卡密时，会逐行报告，并且什么都不导入。",
    ),
    (
        "Print counts by status, the stock of each prefix, and what happens day by day",
        "输出各状态的数量、各前缀的库存和每天的变化",
    ),
    ("Print the operator log, newest first", "输出操作日志，最新的在前"),
    (
        "Without a number or a code it lists acts; with one, what was done to each card, before and after. The operator is \
         the name that was given; the account is who had logged in to the database, as its server wrote down.",
        "不带编号或卡密时列出操作；带上则列出每张卡改动前后的内容。操作员是自报的名字；数据库账号由数据库服务器自己记下，是实际登录的账号。",
    ),
    (
        "Bring the database to this version's schema, making it if it is missing",
        "将数据库升级到本版本的结构，没有则新建",
    ),
    (
        "Running it again does nothing. A database of the Flask service is taken over in place, with nothing lost.",
        "重复执行没有影响。Flask 服务的数据库会原地接管，不丢失任何数据。",
    ),
    ("Print where everything is: files, database, operator", "输出各项所在：文件、数据库、操作员"),
    ("It asks the database nothing; `kami doctor` does.", "不查询数据库；要检查数据库请用 kami doctor。"),
    (
        "Check connection, protection, version, rights, schema and clock of the database",
        "检查数据库的连接、加密、版本、权限、结构和时钟",
    ),
    ("Says how to fix what is wrong, and then ends with code 1.", "有问题时说明如何解决，退出码为 1。"),
    (
        "Print the statements that make a database account with the rights of a role, and no more",
        "输出建立数据库账号的语句，权限恰好是某个角色所需",
    ),
    (
        "An administrator of the server runs them, after kami migrate; with --apply kami does. Else it connects to \
         nothing. The password is drawn anew unless a file has it.",
        "由数据库管理员在 kami migrate 之后执行；加 --apply 则由 kami 执行，否则不连接数据库。密码随机生成，除非由文件给出。",
    ),
    ("Print the completions for a shell", "输出 shell 的补全脚本"),
    ("Print this message or the help of the given subcommand(s)", "显示本帮助，或某个命令的帮助"),
];

/// What the arguments mean.
pub(super) const ARGUMENTS: &[(&str, &str)] = &[
    (
        "The environment to work on, as ~/.config/kami/config.toml names it",
        "要操作的环境，名称见 ~/.config/kami/config.toml",
    ),
    ("Read `DATABASE_URL` from this file", "从该文件读取 DATABASE_URL"),
    ("Change nothing", "只读，不做任何改动"),
    (
        "Serve an SSH account whose only shell this is: deploy/ssh/kami.conf",
        "作为 SSH 账号唯一的 shell 运行，见 deploy/ssh/kami.conf",
    ),
    ("Print help", "显示帮助"),
    ("Print help (see a summary with '-h')", "显示帮助（-h 显示摘要）"),
    ("Print help (see more with '--help')", "显示帮助（--help 显示更多）"),
    ("Print version", "显示版本"),
    ("Do not ask", "不询问"),
    (
        "Do not ask, as is done above 50 cards, or above one in production",
        "不询问；否则超过 50 张卡（生产环境超过 1 张）会先询问",
    ),
    ("Print JSON lines", "输出 JSON，每行一个对象"),
    ("Print one JSON object", "输出一个 JSON 对象"),
    ("Print what it came to as JSON", "以 JSON 输出结果"),
    ("Print the card as JSON", "以 JSON 输出该卡"),
    ("Print what was written as JSON", "以 JSON 输出写了什么"),
    ("Print what was done, or would be, as JSON", "以 JSON 输出做了或将做什么"),
    (
        "Print JSON: a line for each line of a dry run or of a refusal, else one object",
        "输出 JSON：试运行或被拒绝时每行一个对象，否则一个对象",
    ),
    (
        "unused, active, expired or disabled",
        "unused（未使用）、active（使用中）、expired（已过期）或 disabled（已禁用）",
    ),
    ("Of this prefix, in any case", "该前缀的卡，不分大小写"),
    ("Without a prefix", "没有前缀的卡"),
    ("Of the batch of this number", "该编号批次的卡"),
    (
        "Generated then: 2026-01-01..2026-01-31, 2026-01.., ..2026-02-01, today, or 7d for the last seven days",
        "生成时间：2026-01-01..2026-01-31、2026-01..、..2026-02-01、today，或 7d 表示最近七天",
    ),
    ("Activated then: the same", "激活时间：写法相同"),
    (
        "Expiring then, or expired: the same, and 7d means the next seven days",
        "到期时间：写法相同，7d 表示未来七天",
    ),
    ("Whose code begins so, in any case", "卡密以此开头，不分大小写"),
    ("Whose code holds this, in any case", "卡密包含此内容，不分大小写"),
    ("Bound to this machine", "绑定到该机器码的卡"),
    (
        "Whose code this text speaks of: a chat, a mail, a list with names and dates",
        "卡密出现在这段文字里：聊天、邮件、带姓名和日期的名单",
    ),
    ("Whose note holds this, in any case", "备注包含此内容，不分大小写"),
    ("The code of the card, in any case", "卡密，不分大小写"),
    ("The codes of the cards, in any case", "一个或多个卡密，不分大小写"),
    (
        "The codes of the cards, in any case; without them, all that meet the conditions below",
        "一个或多个卡密，不分大小写；不写则为符合下列条件的全部卡密",
    ),
    (
        "Every card that meets the conditions below; without one, every card there is",
        "符合下列条件的每张卡；没有条件则为所有卡",
    ),
    (
        "The order, newest first without it; refused where no index has it and too many cards match to be sorted",
        "排序，默认最新的在前；没有对应索引、匹配的卡又多得无法排序时拒绝",
    ),
    ("The other way round", "倒序"),
    ("How many at most; 0 for all", "最多多少条；0 表示全部"),
    ("1 to 16 letters and digits of any script, _ and -", "1 到 16 个字母、数字（任何文字）、_ 或 -"),
    (
        "How many cards, 1 to 1,000,000; above 1,000 it asks, or needs --yes",
        "张数，1 到 1,000,000；超过 1,000 会先询问，或需要 --yes",
    ),
    (
        "How long each lasts from its activation, such as 45d, 1个月 or forever; 3h by default",
        "激活后的时长，如 45天、1个月或永久；默认 3 小时",
    ),
    ("How many random characters each code has, 6 to 32", "每个卡密的随机字符数，6 到 32"),
    (
        "Make codes that are easy to guess all the same; they are refused otherwise",
        "即使卡密容易被猜中也照样生成；否则会被拒绝",
    ),
    ("What to write down about each", "每张卡的备注"),
    ("Write the cards to this new file, not to standard output", "写入该新文件，而不是标准输出"),
    (
        "The form of the file: txt, shop, csv or jsonl; by default what its name ends in, else txt",
        "文件格式：txt、shop、csv 或 jsonl；默认按文件名结尾判断，否则为 txt",
    ),
    ("Another prefix", "新的前缀"),
    ("No prefix any more; the code stays as it is", "去掉前缀；卡密不变"),
    (
        "File the cards under this prefix, whatever their codes begin with; the codes stay as they are",
        "把卡归入该前缀，不论卡密以什么开头；卡密不变",
    ),
    ("Take every line whole, as a code without a prefix", "每行整个作为卡密，没有前缀"),
    ("Another status: unused, active, expired or disabled", "新的状态：unused、active、expired 或 disabled"),
    ("The machine of an active card", "使用中的卡所绑定的机器码"),
    ("Another duration, such as 12h, 45d or forever", "新的时长，如 12h、45d 或 forever"),
    ("Another note; an empty one removes it", "新的备注；留空则删除备注"),
    ("The new note", "新的备注"),
    ("Remove the note", "删除备注"),
    ("By how much, such as 12h or 7d", "延长多久，如 12h 或 7d"),
    ("The number of the act; without it, your last one", "操作编号；不写则为您的上一次操作"),
    ("Cards of every status, not only unused ones", "任何状态的卡，不限于未使用"),
    (
        "The form: txt, shop, csv or jsonl; by default what the file's name ends in, else txt",
        "格式：txt、shop、csv 或 jsonl；默认按文件名结尾判断，否则为 txt",
    ),
    (
        "Whom the file is for: seller, or shop, which sells each line: codes alone, without a head",
        "给谁用：seller（卖家），或 shop（发卡网，每行都会卖出）：只有卡密，没有文件头",
    ),
    ("A seller, who wants to know what is in it", "卖家：文件头说明内容"),
    ("A shop, which sells each line", "发卡网：每行都会卖出"),
    ("Where to; - for standard output", "写到哪里；- 表示标准输出"),
    ("The file; - for standard input", "文件；- 表示标准输入"),
    (
        "Say what each line would do, and change nothing; ends with code 4 if the import would be refused",
        "逐行说明会做什么，不做改动；若导入会被拒绝，退出码为 4",
    ),
    (
        "How long cards last that say nothing themselves, such as 30d or forever",
        "文件中没有写时长的卡用多久，如 30d 或 forever",
    ),
    (
        "txt or csv; by default what the file's name ends in, else txt",
        "txt 或 csv；默认按文件名结尾判断，否则为 txt",
    ),
    ("What to write down about the batch", "这一批的备注"),
    ("How many days to look back, and for expiring cards ahead", "回看多少天；到期的卡则为往后多少天"),
    ("Each card of the act of this number", "该编号操作涉及的每张卡"),
    ("What was done to the card that had this code then", "对当时为该卡密的卡做过什么"),
    ("Done by this operator", "该操作员所做"),
    (
        "generate, import, edit, disable, enable, unbind, extend, delete, note or undo",
        "generate、import、edit、disable、enable、unbind、extend、delete、note 或 undo",
    ),
    ("The act that made the batch of this number", "生成该编号批次的操作"),
    (
        "Done then: 2026-01-01..2026-01-31, 2026-01.., ..2026-02-01, today, or 7d for the last seven days",
        "操作时间：2026-01-01..2026-01-31、2026-01..、..2026-02-01、today，或 7d 表示最近七天",
    ),
    ("Print the statements that would run, and change nothing", "只输出将执行的语句，不做改动"),
    ("Add three sample cards, if the database has no card yet", "数据库还没有卡时，加入三张示例卡"),
    (
        "What the account is for; by default operator, and with --read-only viewer",
        "账号的角色；默认 operator，加 --read-only 时为 viewer",
    ),
    ("What the account is for", "账号的角色"),
    ("The account; without a host it connects from everywhere (%)", "账号；不写主机则可从任何地方连接（%）"),
    (
        "The database; by default that of `DATABASE_URL` or of the environment",
        "数据库；默认取 DATABASE_URL 或环境中的数据库",
    ),
    ("Read the password from this file, or with - from standard input", "从该文件读取密码；- 表示标准输入"),
    ("The account is there already: only give it what it lacks", "账号已存在：只补上缺少的权限"),
    (
        "The account is there already: also take back what older versions gave it, once none of their programs runs",
        "账号已存在：并收回旧版本给过而现已不需要的权限；须在旧版程序全部停止使用之后",
    ),
    (
        "Let the account in without TLS, as on a private network of one machine",
        "允许该账号不用 TLS 连接，例如在单机的内部网络中",
    ),
    (
        "Carry the statements out instead of printing them, as the account of `DATABASE_URL` or of the environment",
        "不输出语句，而以 DATABASE_URL 或环境中的账号执行",
    ),
    ("Do away with the account instead", "改为删除该账号"),
    ("The shell", "哪种 shell"),
];

/// What the values of an argument mean.
pub(super) const VALUES: &[(&str, &str)] = &[
    ("Generated last first", "最新生成的在前"),
    ("By code", "按卡密"),
    ("By machine", "按机器码"),
    ("Generated last first, by the clock", "按生成时间，最新的在前"),
    ("Used last first", "最近激活的在前"),
    ("Expiring next first", "最先到期的在前"),
    ("Looks at everything and changes nothing", "查看一切，不做改动"),
    ("Does everything that the console offers", "控制台的全部操作"),
    ("An operator who also upgrades the schema and prunes the log", "操作员，另可升级数据库结构、清理日志"),
    ("The API: reads cards, activates and expires them", "API：读取、激活和到期卡密"),
    ("The expiry job", "到期任务"),
    ("Makes the tables and changes them", "建立和修改数据表"),
];

/// Why a value is refused.
pub(super) const REASONS: &[(&str, &str)] = &[
    ("a prefix has at least one character", "前缀至少 1 个字符"),
    ("a prefix has at most 16 characters", "前缀最多 16 个字符"),
    ("a code has 6 to 32 characters", "卡密长度为 6 到 32 个字符"),
    ("not a number of characters", "不是字符数"),
    (
        "not a duration: write forever, or a number and a unit, such as 12h, 45d or 1个月",
        "不是时长：请写“永久”，或数字加单位，如 12小时、45天或 1个月",
    ),
    (
        "not a span of time: write a number and one of s, m, h or d, such as 90s, 30m, 3h or 7d",
        "不是时间长度：请写数字加 s、m、h、d 之一，如 90s、30m、3h 或 7d",
    ),
    (
        "not a card status: use unused, active, expired or disabled",
        "不是卡的状态：请用 unused、active、expired 或 disabled",
    ),
    (
        "not a range of time: write 2026-01-01..2026-01-31, 2026-01.., ..2026-02-01, today or 7d",
        "不是时间范围：请写 2026-01-01..2026-01-31、2026-01..、..2026-02-01、today 或 7d",
    ),
    ("not a form of files: use txt, shop, csv or jsonl", "不是文件格式：请用 txt、shop、csv 或 jsonl"),
    ("a note has at most 255 characters", "备注最多 255 个字符"),
    ("empty", "为空"),
    (
        "an account's name has 1 to 32 characters: kami_api, or kami_api@10.0.0.% with a host",
        "账号名为 1 到 32 个字符：kami_api，带主机则为 kami_api@10.0.0.%",
    ),
    (
        "an account's host has letters, digits and . : / _ % - only: kami_api@10.0.0.%",
        "账号的主机只能有字母、数字和 . : / _ % -：kami_api@10.0.0.%",
    ),
    (
        "a password has 1 to 255 characters, and neither a backslash nor control characters",
        "密码为 1 到 255 个字符，不能有反斜杠和控制字符",
    ),
    ("longer than 128 characters", "超过 128 个字符"),
    ("control characters and invisible ones are not allowed", "不能包含控制字符或不可见字符"),
    ("invalid digit found in string", "不是整数"),
    ("cannot parse integer from empty string", "为空"),
    ("number too large to fit in target type", "数字太大"),
    ("number too small to fit in target type", "数字太小"),
];
