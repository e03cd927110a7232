//! The first words, and what the bot can do.

use chronogram_model::conversation::OutgoingMessage;

use super::{Reader, Role};
use crate::{
    buttons::Press,
    commands::Command,
    compose::Composer,
    language::Language,
    menu,
    texts::{Word, say},
    words::{on_one_line, shortened, typed_tomorrow},
};

/// The longest name that is greeted in full, in UTF-16 units.
const NAME_MAX: usize = 64;

/// Greets somebody, by name where one is known, and says what to do first.
pub fn start(language: Language, name: Option<&str>) -> OutgoingMessage {
    let mut message = Composer::new(language);
    match name.map(on_one_line).filter(|name| !name.is_empty()) {
        Some(name) => message.say(&say::start_hello(shortened(&name, NAME_MAX))),
        None => message.say(&say::start_hello_nameless()),
    };
    let remind = Word::code(Composer::plain(language, &say::example_remind()));
    message.paragraph().say(&say::start_what(remind));
    message.paragraph().say(&say::start_next());
    message.row(Language::ALL.map(|language| Press::ChooseLanguage(language).button(language.own_name())));
    message.finish()
}

/// What the bot can do for somebody of this role, with an example of each way to say when.
pub fn help(reader: &Reader<'_>, role: Role) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    message.say(&say::help_title());
    let part = |wanted: fn(Command) -> bool| Command::ALL.into_iter().filter(move |command| wanted(*command));
    message.line();
    list(&mut message, part(|it| it != Command::Start && !it.is_about_channels() && !it.is_for_admins()));
    let channels = if role == Role::Admin { say::help_channels() } else { say::help_own_channels() };
    message.paragraph().say(&channels).line();
    list(&mut message, part(Command::is_about_channels));
    if role == Role::Admin {
        message.paragraph().say(&say::help_admins()).line();
        list(&mut message, part(Command::is_for_admins));
    }
    message.paragraph().say(&say::help_when(Word::code(typed_tomorrow(reader.language, reader.now, reader.zone))));
    message.paragraph().say(&say::help_talk());
    message.finish()
}

fn list(message: &mut Composer, commands: impl Iterator<Item = Command>) {
    for command in commands {
        message.line().say(&say::help_command(format!("/{}", command.name()), menu::description(command)));
    }
}
