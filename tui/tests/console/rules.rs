//! What an app says of trials, and of customers who unbind its cards.

use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::overlay::form::field::{AppField, FieldName};
use kami_console::state::message::{Answer, Done, Topic};
use kami_console::state::order::Order;
use kami_store::AppsFound;

use crate::fixtures::{Console, apps};
use crate::kinds::go_to;
use crate::seats::order;

#[test]
fn an_app_is_asked_for_its_trial_and_for_how_cards_are_unbound_and_says_what_is_not_as_usual() {
    let fields = [
        (AppField::Trial, "59s", "1d"),
        (AppField::UnbindCooldown, "31d", "24h"),
        (AppField::UnbindLimit, "0", "3"),
        (AppField::UnbindCost, "5", "5p"),
    ];
    for (language, hint, problem, said) in [
        (
            "en_US",
            "time such as 1h, or points such as 5p",
            "off, 1 second to 365 days such as 1h",
            ["trial            1d", "from any machine", "unbind cooldown  1d", "3 in 30 days", "5 points"],
        ),
        (
            "zh_CN",
            "时长如 1h，或点数如 5p",
            "off，1 秒到 365 天如 1h",
            ["试用      1天", "由任何机器", "解绑冷却  1天", "30 天内 3 次", "5 点"],
        ),
        (
            "zh_TW",
            "時長如 1h，或點數如 5p",
            "off，1 秒到 365 天如 1h",
            ["試用      1天", "由任何機器", "解綁冷卻  1天", "30 天內 3 次", "5 點"],
        ),
    ] {
        let mut console = Console::with_apps((100, 40), Language::of_locale(language));
        console.keys("aj");
        assert!(!said.iter().any(|words| console.screen().contains(words)), "{}", console.screen());
        console.keys("e");
        go_to(&mut console, FieldName::App(AppField::UnbindCost));
        assert!(console.screen().contains(hint), "{}", console.screen());
        for (field, wrong, _) in fields {
            go_to(&mut console, FieldName::App(field));
            console.keys(wrong);
        }
        assert!(console.screen().contains(problem), "{}", console.screen());
        for (field, _, right) in fields {
            console.press(KeyCode::Enter);
            assert!(order(&console).is_none(), "{}", console.screen());
            go_to(&mut console, FieldName::App(field));
            console.control('u');
            console.keys(right);
        }
        go_to(&mut console, FieldName::App(AppField::Unbind));
        console.press(KeyCode::Left);
        console.press(KeyCode::Enter);
        let Some(Order::App(wanted)) = order(&console) else { panic!("{}", console.screen()) };
        let app = wanted.wanted.clone().unwrap();
        let policy = "trial=86400 unbind=anyone unbind-cooldown=86400 unbind-limit=3 unbind-cost=5p";
        assert_eq!(app.policy.to_string(), policy);
        let acted = kami_store::AppActed { app: Some(app), act_id: 3 };
        console.answer(Topic::Work, Answer::Done(Box::new(Done::App { order: wanted, acted })));
        for words in said {
            assert!(console.screen().contains(words), "{words}: {}", console.screen());
        }
        console.keys("e");
        for field in [AppField::Trial, AppField::UnbindCooldown, AppField::UnbindLimit, AppField::UnbindCost]
        {
            go_to(&mut console, FieldName::App(field));
            console.keys("off");
        }
        go_to(&mut console, FieldName::App(AppField::Unbind));
        console.press(KeyCode::Right);
        console.press(KeyCode::Enter);
        let Some(Order::App(wanted)) = order(&console) else { panic!("{}", console.screen()) };
        assert_eq!(wanted.wanted.unwrap().policy.to_string(), "");
    }
}

#[test]
fn a_wait_that_nobody_has_said_is_told_where_customers_unbind() {
    for (policy, told) in [
        ("unbind=anyone", "unbind cooldown  none (1d at the least)"),
        ("unbind=machine", "unbind cooldown  none (1m at the least)"),
        ("unbind=machine unbind-cooldown=3600", "unbind cooldown  1h"),
    ] {
        let mut apps = apps();
        for app in &mut apps {
            app.policy = policy.parse().unwrap();
        }
        let mut console = Console::with_apps((100, 40), Language::ENGLISH);
        console.keys("a");
        console.answer(Topic::Apps, Answer::Apps(AppsFound { apps, ..AppsFound::default() }));
        console.keys("j");
        assert!(console.screen().contains(told), "{policy}: {}", console.screen());
    }
}

#[test]
fn that_a_policy_has_too_many_words_is_said_in_the_form() {
    let mut apps = apps();
    let later = format!("later={}", "x".repeat(240));
    for app in &mut apps {
        app.policy = later.parse().unwrap();
    }
    let mut console = Console::with_apps((100, 40), Language::ENGLISH);
    console.keys("a");
    console.answer(Topic::Apps, Answer::Apps(AppsFound { apps, ..AppsFound::default() }));
    console.keys("je");
    go_to(&mut console, FieldName::App(AppField::Unbind));
    console.press(KeyCode::Right);
    console.press(KeyCode::Enter);
    assert!(order(&console).is_none());
    let words = "with what later versions say, the policy has more than 255 bytes";
    let screen = console.screen().replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains(words), "{screen}");
}
