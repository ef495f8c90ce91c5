"""What the bot says about people themselves: who one is, which tenant, binding. In Arabic and English."""

from admin.telegram.sentences import LANGUAGES, Language

SENTENCES: dict[str, tuple[str, str]] = {
    "i_am": ("👤 أنت {name}", "👤 You are {name}"),
    "in_tenant": ("🏢 {tenant} · الدور: {roles}", "🏢 {tenant} · role: {roles}"),
    "since": ("منذ {at}", "since {at}"),
    "by_list": ("بموجب إعدادات المنشأة، بلا حساب مربوط", "by the tenant's configuration, no account bound"),
    "by_binding": ("حساب مربوط", "account bound"),
    "may_decide": ("✅ لك أن تقرر", "✅ You may decide"),
    "may_read": ("👁 لك القراءة فقط", "👁 You may read"),
    "acts_in": ("أنت الآن في {tenant}. للتبديل: /tenant", "You act in {tenant} now. To switch: /tenant"),
    "one_tenant": ("أنت في {tenant} وحدها.", "You belong to {tenant} only."),
    "choose_tenant": ("اختر المنشأة التي تعمل فيها الآن:", "Choose the tenant you act in now:"),
    "tenant_set": ("🏢 أنت الآن في {tenant}", "🏢 You act in {tenant} now"),
    "no_such_tenant": ("لا تنتمي إلى منشأة بهذا الاسم.", "You belong to no tenant of that name."),
    "bound": (
        "🔗 رُبط هذا الحساب: {name} في {tenant}، الدور: {roles}. اكتب /help",
        "🔗 This account is bound: {name} in {tenant}, role: {roles}. Write /help",
    ),
    "bind_usage": (
        "اكتب: ‎/bind ثم الرمز الذي أعطاك إياه المسؤول",
        "Write: /bind and the code that an admin gave you",
    ),
    "bind_refused": ("✋ لم يُربط: {why}", "✋ Not bound: {why}"),
    "bind_too_often": ("محاولات كثيرة. حاول بعد ساعة.", "Too many tries. Try again in an hour."),
    "only_read": (
        "دورك ({roles}) للقراءة فقط؛ القرار للمعتمدين والمسؤولين.",
        "Your role ({roles}) may only read; approvers and admins decide.",
    ),
    "role_admin": ("مسؤول", "admin"),
    "role_approver": ("معتمد", "approver"),
    "role_rules_editor": ("محرر قواعد", "rules editor"),
    "role_executive": ("إدارة عليا", "executive"),
    "role_agent": ("مندوب", "agent"),
    "role_service": ("خدمة آلية", "service"),
    "role_dpo": ("مسؤول حماية البيانات", "data protection officer"),
}


def say(key: str, language: Language, **values: object) -> str:
    """One sentence; what strangers wrote comes in already made safe."""
    return SENTENCES[key][LANGUAGES.index(language)].format(**values)


def roles_in_words(roles: tuple[str, ...], language: Language) -> str:
    """`approver, admin` as a reader of this language says it."""
    named = (say(f"role_{role}", language) if f"role_{role}" in SENTENCES else role for role in roles)
    return ("، " if language == "ar" else ", ").join(named)
