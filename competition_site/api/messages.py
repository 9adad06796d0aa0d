"""DRF's messages that its Indonesian catalog lacks, or has in poor Indonesian.

Django looks a message up in one merged catalog, where ours comes before DRF's. Named
here, these are extracted with our own and stay in ``locale/``; DRF keeps on raising
them. Only what a client can meet stands here: statuses have sentences of their own in
``competition_site.rules``, and SimpleJWT's texts never leave ``accounts.tokens``.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

FROM_REST_FRAMEWORK = (
    # any field, any body
    _("Invalid data. Expected a dictionary, but got {datatype}."),
    _("Invalid input."),
    _("Invalid value."),
    _("Malformed request."),
    _("This field must be unique."),
    _("The fields {field_names} must make a unique set."),
    # texts
    _("Not a valid string."),
    _("String value too large."),
    _("Surrogate characters are not allowed: U+{code_point:X}."),
    _("This value does not match the required pattern."),
    _('Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'),
    _(
        'Enter a valid "slug" consisting of Unicode letters, numbers, underscores, '
        "or hyphens."
    ),
    _("Must be a valid UUID."),
    # yes or no, numbers
    _("Must be a valid boolean."),
    _("A valid number is required."),
    _("A valid biginteger is required."),
    _("Integer value too large to convert to float"),
    _("Ensure this value is less than or equal to {max_value}."),
    _("Ensure this value is greater than or equal to {min_value}."),
    # moments
    _("Datetime value out of range."),
    _("Expected a date but got a datetime."),
    _("Expected a datetime but got a date."),
    _('Invalid datetime for the timezone "{timezone}".'),
    # lists and objects
    _('Expected a list of items but got type "{input_type}".'),
    _('Expected a dictionary of items but got type "{input_type}".'),
    _("This list may not be empty."),
    _("This dictionary may not be empty."),
    _("Ensure this field has at least {min_length} elements."),
    _("Ensure this field has no more than {max_length} elements."),
    # files
    _("The submitted data was not a file. Check the encoding type on the form."),
    _("No filename could be determined."),
    # other rows
    _("Incorrect type. Expected pk value, received {data_type}."),
    _("Object with {slug_name}={value} does not exist."),
)
